/**
 * What a flow is: its document as sealed records, reading and writing it, editing it by operations, checking and
 * importing it. Pure: documents in, documents out.
 */
@NullMarked
package millrace.definition;

import org.jspecify.annotations.NullMarked;
