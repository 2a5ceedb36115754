/**
 * What is tried before it is published: test runs of whole drafts and of single steps, tests of triggers, and the data
 * that they leave for the editor.
 */
@NullMarked
package millrace.draft;

import org.jspecify.annotations.NullMarked;
