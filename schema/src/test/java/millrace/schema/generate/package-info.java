/** Generates the jOOQ classes during the build; run from source by {@code schema/pom.xml}. */
@NullMarked
package millrace.schema.generate;

import org.jspecify.annotations.NullMarked;
