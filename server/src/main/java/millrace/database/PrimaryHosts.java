package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import millrace.config.DatabaseSettings.Host;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the host that takes the writes, among several. Each promotion begins a new timeline, so a former primary that
 * comes back is known by its older one, and gets no writes though it would take them. Safe for all threads.
 */
final class PrimaryHosts {
    private static final Logger LOG = LoggerFactory.getLogger(PrimaryHosts.class);

    private final List<Host> hosts;
    /** Until a primary was found all hosts are asked, for a former one may stand first in the list. */
    private boolean asked;

    private int preferred;
    private long timeline;

    PrimaryHosts(List<Host> hosts) {
        this.hosts = List.copyOf(hosts);
    }

    interface Opening {
        Connection open(Host host) throws SQLException;
    }

    /**
     * A connection that takes writes.
     *
     * @param timeline counts the promotions of its cluster; 0 where the server does not tell
     */
    record Primary(Connection connection, long timeline) {}

    /** @throws SQLException of a host that may come back, if there is one, else of the last */
    Primary open(Opening opening) throws SQLException {
        Primary best = null;
        SQLException why = null;
        for (var number : order()) {
            try {
                var primary = primary(opening, number);
                if (best != null) {
                    PostgresPool.quietlyClose(best.connection());
                }
                best = primary;
                if (known()) {
                    return best;
                }
            } catch (SQLException e) {
                why = why == null || Failures.mayComeBack(e) ? e : why;
            }
        }
        first();
        if (best == null) {
            throw why == null ? new SQLException("no host is named") : why;
        }
        return best;
    }

    private synchronized boolean known() {
        return asked;
    }

    private synchronized void first() {
        asked |= timeline > 0;
    }

    private synchronized List<Integer> order() {
        var order = new ArrayList<Integer>();
        order.add(preferred);
        for (int i = 0; i < hosts.size(); i++) {
            if (i != preferred) {
                order.add(i);
            }
        }
        return order;
    }

    private Primary primary(Opening opening, int number) throws SQLException {
        var connection = opening.open(hosts.get(number));
        try {
            var primary = checked(connection, hosts.get(number).toString());
            found(number, primary.timeline());
            return primary;
        } catch (SQLException e) {
            PostgresPool.quietlyClose(connection);
            throw e;
        }
    }

    /** @throws SQLException 25006 when the server takes no writes */
    static Primary checked(Connection connection, String host) throws SQLException {
        if ("on".equals(text(connection, "SHOW transaction_read_only"))) {
            throw new SQLException("the server " + host + " takes no writes (transaction_read_only is on)", "25006");
        }
        return new Primary(connection, timeline(connection));
    }

    private synchronized void found(int number, long its) throws SQLException {
        if (its < timeline) {
            throw new SQLException(
                    "the host " + hosts.get(number) + " is a former primary (timeline " + its + ", another has "
                            + timeline + ")",
                    "25006");
        }
        if (timeline > 0 && number != preferred) {
            LOG.info("the host {} takes the writes now (timeline {})", hosts.get(number), its);
        }
        preferred = number;
        timeline = its;
    }

    /** The name of a log file begins with it. Zero where the server does not tell. */
    private static long timeline(Connection connection) throws SQLException {
        try {
            var name = text(connection, "SELECT pg_walfile_name(pg_current_wal_lsn())");
            return timeline(name);
        } catch (SQLException e) {
            if (Failures.away(e)) {
                throw e;
            }
            return 0;
        }
    }

    /** @param file a log file's name; null where the server does not tell */
    static long timeline(@Nullable String file) {
        return file == null ? 0 : Long.parseLong(file.substring(0, 8), 16);
    }

    private static @Nullable String text(Connection connection, String query) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : null;
        }
    }
}
