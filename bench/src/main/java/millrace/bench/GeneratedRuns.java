package millrace.bench;

import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import millrace.database.Ids;

/**
 * A store of ended runs as a month of use leaves it, made by the database itself: spread over the last 31 days, most of
 * them of a few flows and succeeded, some failed, tagged, archived or of drafts, and of everything that can be asked for
 * also one that lies far back.
 */
final class GeneratedRuns {
    static final int DAYS = 31;
    static final String COMMON_TAG = "nightly";
    static final String RARE_TAG = "audit";
    static final String COMMON_STEP = "step_3";
    static final String RARE_STEP = "step_9";
    static final String COMMON_MESSAGE = "status 500";
    static final String RARE_MESSAGE = "disk of the printer";
    static final String RARE_STATUS = "LOG_SIZE_EXCEEDED";

    private static final DateTimeFormatter DAY = DateTimeFormatter.BASIC_ISO_DATE;
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int ONE_STATEMENT = 100_000;

    private final Postgres database;
    private final String projectId;
    private final List<String> flows;
    private final String rareFlow;

    /**
     * @param flows where nearly all runs belong, half of them to the first
     * @param rareFlow has one run
     */
    GeneratedRuns(Postgres database, String projectId, List<String> flows, String rareFlow) {
        this.database = database;
        this.projectId = projectId;
        this.flows = List.copyOf(flows);
        this.rareFlow = rareFlow;
    }

    /** Inserts so many runs, the same number a day. The server has made today's partition; older ones are made here. */
    void fill(long runs, Instant now) throws SQLException {
        var today = now.atZone(ZoneOffset.UTC).toLocalDate();
        for (var back = DAYS - 1; back >= 0; back--) {
            var day = today.minusDays(back);
            makePartitions(day);
            fillDay(day, runs / DAYS, now);
        }
        addRare(today.minusDays(DAYS - 2L));
        database.run("VACUUM (ANALYZE) flow_run");
    }

    /** Inserts so many runs of one day. */
    void fillDay(LocalDate day, long runs, Instant now) throws SQLException {
        makePartitions(day);
        var from = day.atStartOfDay(ZoneOffset.UTC).toInstant();
        var end = from.plus(1, ChronoUnit.DAYS);
        var millis = (end.isBefore(now) ? end : now.minusSeconds(1)).toEpochMilli() - from.toEpochMilli();
        for (long first = 0; first < runs; first += ONE_STATEMENT) {
            database.run(rows(day, from, (double) millis / runs, first, Math.min(runs, first + ONE_STATEMENT)));
        }
    }

    /** The partitions of a day, named and bounded as the server does it. */
    private void makePartitions(LocalDate day) throws SQLException {
        for (var table : List.of("flow_run", "run_journal", "run_blob")) {
            database.run("CREATE TABLE IF NOT EXISTS %1$s_%2$s PARTITION OF %1$s FOR VALUES FROM ('%3$s') TO ('%4$s')"
                    .formatted(table, DAY.format(day), bound(day), bound(day.plusDays(1))));
        }
    }

    private static String bound(LocalDate day) {
        return Ids.timePrefix(day.atStartOfDay(ZoneOffset.UTC).toInstant());
    }

    /** One of a hundred is archived, one of a draft; six are not SUCCEEDED; five have tags. */
    private String rows(LocalDate day, Instant from, double millisApart, long first, long end) {
        return """
                INSERT INTO flow_run_%1$s (id, created, updated, "projectId", "flowId", "flowVersionId", environment, status,
                        tags, "startTime", "finishTime", "failedStep", "stepsCount", "archivedAt", journal)
                SELECT %2$s || substr(md5('%1$s' || i), 1, 13), at, at, '%3$s',
                    (%4$s)[CASE WHEN f < 500 THEN 1 ELSE 2 + f %% %5$d END], '%6$s',
                    CASE WHEN e = 0 THEN 'TESTING' ELSE 'PRODUCTION' END, status,
                    CASE WHEN t < 50 THEN ARRAY['%7$s', 'customer-' || i %% 1000] END, at, at + interval '20 ms',
                    CASE WHEN status NOT IN ('SUCCEEDED', 'CANCELED') THEN jsonb_build_object('name',
                        CASE WHEN i %% 10 = 0 THEN 'step_1' ELSE '%8$s' END, 'displayName', 'Send it', 'message',
                        'Request failed with status ' || CASE WHEN i %% 4 = 0 THEN 404 ELSE 500 END || ' for order ' || i)
                    END,
                    4, CASE WHEN a = 0 THEN at + interval '1 hour' END, decode(repeat(md5(i::text), 30), 'hex')
                FROM (SELECT i, ms, to_timestamp(ms / 1000.0) AS at, CASE WHEN s < 940 THEN 'SUCCEEDED'
                        WHEN s < 985 THEN 'FAILED' WHEN s < 992 THEN 'TIMEOUT' WHEN s < 996 THEN 'CANCELED'
                        ELSE 'INTERNAL_ERROR' END AS status, f, t, a, e
                    FROM (SELECT i, %9$d + (i * %10$s)::bigint AS ms, i * 7919 %% 1000 AS s, i * 104729 / 7 %% 1000 AS f,
                            i * 15485863 / 11 %% 1000 AS t, i * 7907 / 3 %% 100 AS a, i * 6841 / 5 %% 100 AS e
                        FROM generate_series(%11$d::bigint, %12$d::bigint - 1) AS i) AS numbers) AS run
                """.formatted(
                        DAY.format(day),
                        prefix("ms"),
                        projectId,
                        flowArray(),
                        flows.size() - 1,
                        "0".repeat(Ids.LENGTH),
                        COMMON_TAG,
                        COMMON_STEP,
                        from.toEpochMilli(),
                        millisApart,
                        first,
                        end);
    }

    private void addRare(LocalDate day) throws SQLException {
        var at = day.atTime(12, 0).toInstant(ZoneOffset.UTC);
        database.run("""
                INSERT INTO flow_run (id, created, updated, "projectId", "flowId", "flowVersionId", environment, status, tags,
                    "failedStep", "stepsCount")
                SELECT '%1$s' || 'rare000000000', at, at, '%2$s', '%3$s', '%4$s', 'PRODUCTION', '%5$s', ARRAY['%6$s'],
                    jsonb_build_object('name', '%7$s', 'displayName', 'Print', 'message', 'The %8$s is full'), 4
                FROM (SELECT timestamptz '%9$s' AS at) AS moment
                """.formatted(
                        Ids.timePrefix(at),
                        projectId,
                        rareFlow,
                        "0".repeat(Ids.LENGTH),
                        RARE_STATUS,
                        RARE_TAG,
                        RARE_STEP,
                        RARE_MESSAGE,
                        at));
    }

    private String flowArray() {
        return "ARRAY['" + String.join("', '", flows) + "']";
    }

    /** The first eight characters of a run's id: milliseconds in base 62. */
    private static String prefix(String millis) {
        var digits = new StringBuilder();
        for (long place = 62L * 62 * 62 * 62 * 62 * 62 * 62; place > 0; place /= 62) {
            digits.append(digits.isEmpty() ? "" : " || ")
                    .append("substr('%s', (%s / %d %% 62)::int + 1, 1)".formatted(DIGITS, millis, place));
        }
        return digits.toString();
    }
}
