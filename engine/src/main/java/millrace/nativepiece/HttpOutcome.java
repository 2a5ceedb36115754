package millrace.nativepiece;

import java.util.List;

/** What became of a request. */
public sealed interface HttpOutcome {
    /**
     * An answer of any status.
     *
     * @param headers in the order received
     */
    record Answered(int status, List<HttpCall.Header> headers, byte[] body) implements HttpOutcome {
        public Answered {
            headers = List.copyOf(headers);
        }
    }

    /** No whole answer: name unknown, connection refused or lost, timeout, answer too large. */
    record Unanswered(String reason) implements HttpOutcome {}

    /** Not sent: the address is one that flows may not reach. */
    record Blocked(String reason) implements HttpOutcome {}

    /** Not sent: no valid request can be made of the call. */
    record Invalid(String reason) implements HttpOutcome {}
}
