package millrace.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.io.PrintStream;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** One line an event. Set up in code, since reading Logback's XML takes longer than the rest. */
final class Logs {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSX, UTC} %-5level [%thread] %logger{0}: %msg%replace( %kvp{NONE}){'^ $',''}%n";

    /** Not "console", which is Logback's own before it is set up. */
    private static final String CONSOLE = "millrace";

    /** Libraries log by the JDK's own loggers too, which forget their level when nobody holds them. */
    private static final java.util.logging.Logger JDK_ROOT = java.util.logging.Logger.getLogger("");

    private Logs() {}

    static void configure(String level, PrintStream target) {
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        var console = new ConsoleAppender<ILoggingEvent>();
        console.setName(CONSOLE);
        console.setContext(context);
        console.setEncoder(encoder);
        console.setTarget(target == System.err ? "System.err" : "System.out");
        console.start();
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        JDK_ROOT.setLevel(java.util.logging.Level.WARNING);
        var root = root(context);
        root.setLevel(Level.toLevel(level));
        root.addAppender(console);
        // Libraries at their own DEBUG say more than everything of ours; and what jOOQ warns of, an old PostgreSQL, we
        // say
        // ourselves where it matters.
        for (var library : new String[] {"io.helidon", "jdk", "software.amazon"}) {
            context.getLogger(library).setLevel(root.getLevel().isGreaterOrEqual(Level.WARN) ? null : Level.WARN);
        }
        // They say with a stack why they can't begin, which our last line says.
        for (var loud : new String[] {"io.helidon.webserver.LoomServer", "org.sqlite"}) {
            context.getLogger(loud).setLevel(debugging() ? null : Level.OFF);
        }
        context.getLogger("org.jooq").setLevel(debugging() ? Level.WARN : Level.ERROR);
    }

    /** Whether the operator has asked for it: before the settings are read, nobody has. */
    static boolean debugging() {
        var root = root((LoggerContext) LoggerFactory.getILoggerFactory());
        return root.getAppender(CONSOLE) != null && root.getLevel().toInt() <= Level.DEBUG_INT;
    }

    private static Logger root(LoggerContext context) {
        return context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }
}
