package millrace.database;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the other processes on this database that there is something to look at, and hears them: PostgreSQL's NOTIFY and
 * LISTEN. What it says is a hint; whoever needs to know also looks by himself now and then.
 *
 * <p>A NOTIFY takes a lock that all commits with one wait for, so none is ever part of another transaction: what is to
 * be told gathers, and at most 20 times a second one transaction tells it. Hearing has a connection of its own. On
 * SQLite there is nobody to tell, and behind a pooler nobody can listen: there this does nothing.
 *
 * <p>May be used from any thread.
 */
public final class Notifier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Notifier.class);
    private static final String CHANNEL = "millrace";
    private static final Duration GATHER = Duration.ofMillis(50);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    /** How long nothing is heard before the connection is asked whether it lives. */
    private static final int SILENCE_MILLIS = 5_000;

    private static final int ANSWER_MILLIS = 10_000;
    /** PostgreSQL takes less than 8,000 bytes. */
    private static final int MAX_BYTES = 7_500;

    private static final int MAX_GATHERED = 2_000;

    private final Database database;
    private final Connector connector;
    private final String name;
    private final boolean silent;
    private final Map<String, Consumer<String>> ears = new ConcurrentHashMap<>();
    /** Guarded by itself. */
    private final LinkedHashSet<String> gathered = new LinkedHashSet<>();

    private final Semaphore some = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>(2);
    private volatile @Nullable Connection listening;
    private volatile boolean closing;

    /**
     * @param name tells this process's own words from those of others
     * @param silent whether there is nobody to tell or no way to listen
     */
    Notifier(Database database, Connector connector, String name, boolean silent) {
        this.database = database;
        this.connector = connector;
        this.name = name;
        this.silent = silent;
    }

    /** What is done when another process tells this kind of news. To be said before {@link #start}. */
    public void hear(String kind, Consumer<String> ear) {
        ears.put(kind, ear);
    }

    public void start() {
        if (silent) {
            return;
        }
        threads.add(Thread.ofVirtual().name("notifier-tell").start(this::tellOn));
        threads.add(Thread.ofVirtual().name("notifier-hear").start(this::hearOn));
    }

    /** {@link #tell(String, String)} without more to say. */
    public void tell(String kind) {
        tell(kind, "");
    }

    /**
     * Tells the other processes, soon and once however often it is said meanwhile. Returns at once.
     *
     * @param kind one word
     * @param detail one line, at most some hundred bytes
     */
    public void tell(String kind, String detail) {
        if (silent) {
            return;
        }
        synchronized (gathered) {
            if (gathered.size() == MAX_GATHERED || !gathered.add(kind + " " + detail)) {
                return;
            }
        }
        some.release();
    }

    private void tellOn() {
        try {
            while (!closing) {
                some.acquire();
                some.drainPermits();
                try {
                    database.notify(CHANNEL, messages(gathered()));
                } catch (RuntimeException e) {
                    LOG.debug("other processes were not told: {}", e.getMessage());
                }
                Thread.sleep(GATHER);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> gathered() {
        synchronized (gathered) {
            var all = List.copyOf(gathered);
            gathered.clear();
            return all;
        }
    }

    private List<String> messages(List<String> lines) {
        var messages = new ArrayList<String>();
        var message = new StringBuilder(name);
        int bytes = 0;
        for (var line : lines) {
            bytes += line.getBytes(StandardCharsets.UTF_8).length + 1;
            if (bytes > MAX_BYTES) {
                messages.add(message.toString());
                message = new StringBuilder(name);
                bytes = line.length();
            }
            message.append('\n').append(line);
        }
        messages.add(message.toString());
        return messages;
    }

    private void hearOn() {
        boolean said = false;
        while (!closing) {
            try (var connection = connector.open("notifier")) {
                connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
                listening = connection;
                try (var statement = connection.createStatement()) {
                    statement.execute("LISTEN " + CHANNEL);
                }
                said = false;
                listen(connection);
            } catch (SQLException e) {
                if (!closing && !said) {
                    said = true;
                    LOG.info("other processes can't be heard for now, runs are looked for instead: {}", e.getMessage());
                }
            } finally {
                listening = null;
            }
            try {
                Thread.sleep(AGAIN);
            } catch (InterruptedException stopping) {
                return;
            }
        }
    }

    private void listen(Connection connection) throws SQLException {
        var postgres = connection.unwrap(PGConnection.class);
        while (!closing) {
            var heard = postgres.getNotifications(SILENCE_MILLIS);
            if (heard == null || heard.length == 0) {
                try (var statement = connection.createStatement()) {
                    statement.execute("SELECT 1");
                }
                continue;
            }
            for (var message : heard) {
                deliver(message.getParameter());
            }
        }
    }

    private void deliver(String message) {
        var lines = message.split("\n");
        if (lines[0].equals(name)) {
            return;
        }
        for (int i = 1; i < lines.length; i++) {
            var space = lines[i].indexOf(' ');
            var ear = space < 0 ? null : ears.get(lines[i].substring(0, space));
            if (ear != null) {
                try {
                    ear.accept(lines[i].substring(space + 1));
                } catch (RuntimeException e) {
                    LOG.error("what another process told could not be done", e);
                }
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        var open = listening;
        if (open != null) {
            try {
                open.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("the notifier's connection could not be cut: {}", e.getMessage());
            }
        }
        try {
            for (var thread : threads) {
                thread.interrupt();
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
