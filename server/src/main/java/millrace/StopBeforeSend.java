package millrace;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.HttpSender;

/**
 * A failpoint for {@code ./millrace torture}: with {@code -Dmillrace.test.stopBeforeSend=n} the process stops itself
 * (SIGSTOP) between the barrier and the sending of its n-th request, and goes on when somebody sends SIGCONT. Off
 * without the property.
 */
final class StopBeforeSend implements HttpSender {
    private final HttpSender sender;
    private final AtomicInteger left;

    private StopBeforeSend(HttpSender sender, int count) {
        this.sender = sender;
        this.left = new AtomicInteger(count);
    }

    static HttpSender around(HttpSender sender) {
        var count = Integer.getInteger("millrace.test.stopBeforeSend", 0);
        return count == 0 ? sender : new StopBeforeSend(sender, count);
    }

    @Override
    public HttpOutcome send(HttpCall call) {
        if (left.decrementAndGet() == 0) {
            try {
                new ProcessBuilder(
                                "kill",
                                "-STOP",
                                Long.toString(ProcessHandle.current().pid()))
                        .start()
                        .waitFor();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return sender.send(call);
    }
}
