/**
 * Bytes kept for flows: files of steps, of webhook bodies, of triggers. {@link millrace.file.FileService} is the inner
 * door. Whoever has a signed link reads the one file that it names.
 */
@NullMarked
package millrace.file;

import org.jspecify.annotations.NullMarked;
