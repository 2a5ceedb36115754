/** The command line: parses arguments, prints, and turns failures into one line and an exit code. */
@NullMarked
package millrace.cli;

import org.jspecify.annotations.NullMarked;
