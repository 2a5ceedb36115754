/** People and programs: sign-up and sign-in, passwords, tokens, API keys, and who holds the token of a request. */
@NullMarked
package millrace.identity;

import org.jspecify.annotations.NullMarked;
