package millrace.piece;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What a host can be asked; it is encoded anew for each host that it goes to. */
sealed interface HostRequest {
    /** A step's source and what names it between server and host. */
    record Source(String hash, byte[] text) {}

    /** @param own JSON of {@link CodeCall.OwnHeader}; empty for none */
    record Code(String projectId, String contextKey, Source source, byte[] input, byte[] own) implements HostRequest {}

    record Evaluate(String projectId, List<String> expressions, byte[] state) implements HostRequest {}

    /** @param known hashes of the sources that the host has; this adds its own */
    default List<Frame> frames(int id, long deadline, Set<String> known) {
        var left = (int) Math.clamp(TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()), 1, Integer.MAX_VALUE);
        return switch (this) {
            case Code code -> {
                var hash = Frame.bytes(code.source().hash());
                var call = new Frame(
                        Frame.CODE,
                        id,
                        left,
                        List.of(
                                Frame.bytes(code.projectId()),
                                Frame.bytes(code.contextKey()),
                                hash,
                                code.input(),
                                code.own()));
                yield known.add(code.source().hash())
                        ? List.of(
                                new Frame(
                                        Frame.SOURCE,
                                        0,
                                        0,
                                        List.of(hash, code.source().text())),
                                call)
                        : List.of(call);
            }
            case Evaluate evaluate -> {
                var fields = new ArrayList<byte[]>(evaluate.expressions().size() + 2);
                fields.add(Frame.bytes(evaluate.projectId()));
                fields.add(evaluate.state());
                evaluate.expressions().forEach(expression -> fields.add(Frame.bytes(expression)));
                yield List.of(new Frame(Frame.EVALUATE, id, left, fields));
            }
        };
    }
}
