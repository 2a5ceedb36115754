package millrace.archive;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Long work beside requests: a thread of its own that steps back where the processors are not enough for all (nice 5 on
 * Linux, a third of the weight of others; nice 19 would never end beside a server that is busy). A database whose answers
 * it reads slowly slows down with it.
 */
final class Background {
    private static final Logger log = LoggerFactory.getLogger(Background.class);
    private static final int NICE = 5;

    private Background() {}

    /** Returns what the work returns, or throws what it throws. A thread that is interrupted meanwhile gives it up. */
    static <T> T call(String name, Supplier<T> work) {
        var ended = new Ended<T>();
        var thread = Thread.ofPlatform().daemon().name(name).start(() -> {
            yieldToOthers();
            try {
                ended.result = work.get();
            } catch (RuntimeException | Error e) {
                ended.failure = e;
            }
        });
        try {
            thread.join();
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new ArchiveRefusal("the " + name + " was given up: the process ends", e);
        }
        switch (ended.failure) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> {
                return Objects.requireNonNull(ended.result);
            }
        }
    }

    private static final class Ended<T> {
        private @Nullable T result;
        private @Nullable Throwable failure;
    }

    /** The JDK knows no priorities of Linux that need no privilege; there they are each thread's own. */
    private static void yieldToOthers() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return;
        }
        try {
            var linker = Linker.nativeLinker();
            var setpriority = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("setpriority"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            int refused = (int) setpriority.invokeExact(0, 0, NICE);
            if (refused != 0) {
                log.debug("the priority of this thread could not be lowered");
            }
        } catch (Throwable e) {
            log.debug("the priority of this thread could not be lowered: {}", e.getMessage());
        }
    }
}
