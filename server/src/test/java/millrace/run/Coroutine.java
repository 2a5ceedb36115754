package millrace.run;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Code that blocks, but on the caller's thread and only where it pauses: what virtual threads are made of, without their
 * scheduler. The simulation needs it because it decides itself who goes on, and because a thread that is never resumed
 * is exactly what a killed process leaves: no {@code finally} of it runs.
 *
 * <p>The JDK keeps the class to itself, so the tests' JVM is started with {@code --add-exports
 * java.base/jdk.internal.vm=ALL-UNNAMED}.
 */
final class Coroutine {
    private static final MethodHandle CREATE;
    private static final MethodHandle RUN;
    private static final MethodHandle YIELD;
    private static final MethodHandle IS_DONE;

    static {
        try {
            var type = Class.forName("jdk.internal.vm.Continuation");
            var scopeType = Class.forName("jdk.internal.vm.ContinuationScope");
            var scope = scopeType.getConstructor(String.class).newInstance("simulation");
            var lookup = MethodHandles.lookup();
            CREATE = lookup.findConstructor(type, MethodType.methodType(void.class, scopeType, Runnable.class))
                    .bindTo(scope)
                    .asType(MethodType.methodType(Object.class, Runnable.class));
            RUN = lookup.findVirtual(type, "run", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, Object.class));
            IS_DONE = lookup.findVirtual(type, "isDone", MethodType.methodType(boolean.class))
                    .asType(MethodType.methodType(boolean.class, Object.class));
            YIELD = lookup.findStatic(type, "yield", MethodType.methodType(boolean.class, scopeType))
                    .bindTo(scope);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Object continuation;

    Coroutine(Runnable body) {
        try {
            continuation = (Object) CREATE.invokeExact(body);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Goes on until the next pause or the end; what the body throws comes out here. */
    void resume() {
        try {
            RUN.invokeExact(continuation);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Leaves the body that is running, until somebody resumes it. */
    static void pause() {
        try {
            var resumed = (boolean) YIELD.invokeExact();
            if (!resumed) {
                throw new IllegalStateException("the coroutine is pinned");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    boolean done() {
        try {
            return (boolean) IS_DONE.invokeExact(continuation);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    private static IllegalStateException broken(Throwable cause) {
        return new IllegalStateException("the JDK's continuations are not what they were", cause);
    }
}
