package millrace.run;

import static millrace.schema.Tables.FLOW_RUN;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.OnBothDatabases;
import millrace.engine.Json;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/** Lists of runs that lie in many partitions and in DEFAULT, page by page in both directions. */
class RunListTest {
    private static final int RUNS = 400;
    private static final int LIMIT = 7;
    private static final List<String> STATUSES =
            List.of("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "TIMEOUT", "CANCELED", "LOG_SIZE_EXCEEDED");

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    private final Ids ids = new Ids(random);
    private final String project = ids.random();
    private final List<String> flows = List.of(ids.random(), ids.random(), ids.random());
    private final RunListStore lists = new RunListStore();
    /** Partitions are made ahead: the newest of these runs lie in those. */
    private final Instant newest = Instant.now().truncatedTo(ChronoUnit.MILLIS).plus(Duration.ofDays(12));

    private record Kept(
            String id,
            Instant created,
            String flowId,
            String status,
            List<String> tags,
            @Nullable String step,
            @Nullable String message,
            boolean archived,
            boolean production) {}

    @OnBothDatabases
    void a_filter_finds_what_it_names_and_every_page_follows_the_one_before(Database database) {
        var all = fill(database);

        filters(all).forEach((filter, named) -> {
            var expected = all.stream()
                    .filter(run -> run.production() && (filter.includeArchived() || !run.archived()))
                    .filter(named)
                    .sorted(Comparator.comparing(Kept::created)
                            .thenComparing(Kept::id)
                            .reversed())
                    .map(Kept::id)
                    .toList();
            assertThat(expected).describedAs("a filter that finds something").isNotEmpty();

            var forwards = new ArrayList<String>();
            var page = page(database, filter, new PageRequest(LIMIT, null));
            var last = page;
            while (true) {
                page.data().forEach(run -> forwards.add(run.id()));
                last = page;
                var next = page.following(LIMIT);
                if (next == null) {
                    break;
                }
                page = page(database, filter, next);
            }
            assertThat(forwards).describedAs("%s", filter).isEqualTo(expected);

            var backwards =
                    new ArrayList<>(last.data().stream().map(FlowRun::id).toList());
            for (var before = last.preceding(LIMIT); before != null; before = page.preceding(LIMIT)) {
                page = page(database, filter, before);
                backwards.addAll(0, page.data().stream().map(FlowRun::id).toList());
            }
            assertThat(backwards).describedAs("%s, from the end", filter).isEqualTo(expected);
        });
    }

    private SeekPage<FlowRun> page(Database database, RunFilter filter, PageRequest request) {
        return database.read(tx -> lists.page(tx, filter, request, newest));
    }

    private Map<RunFilter, Predicate<Kept>> filters(List<Kept> all) {
        var filters = new LinkedHashMap<RunFilter, Predicate<Kept>>();
        var flow = flows.getFirst();
        var after = newest.minus(Duration.ofDays(20));
        var before = newest.minus(Duration.ofDays(3));
        var some = all.stream()
                .filter(run -> run.production() && !run.archived())
                .limit(30)
                .map(Kept::id)
                .toList();
        filters.put(filter(), run -> true);
        filters.put(
                filter(List.of(flow), List.of(), List.of()), run -> run.flowId().equals(flow));
        filters.put(
                filter(flows.subList(0, 2), List.of("FAILED", "TIMEOUT"), List.of()),
                run -> flows.subList(0, 2).contains(run.flowId())
                        && List.of("FAILED", "TIMEOUT").contains(run.status()));
        filters.put(
                filter(List.of(), List.of("LOG_SIZE_EXCEEDED"), List.of()),
                run -> run.status().equals("LOG_SIZE_EXCEEDED"));
        filters.put(
                filter(List.of(), List.of(), List.of("red")), run -> run.tags().contains("red"));
        filters.put(
                filter(manyWith(flow), List.of("FAILED", "SUCCEEDED"), List.of("red", "blue")),
                run -> run.flowId().equals(flow)
                        && List.of("FAILED", "SUCCEEDED").contains(run.status())
                        && !run.tags().isEmpty());
        filters.put(
                filter(after, null, null, null, List.of(), false),
                run -> !run.created().isBefore(after));
        filters.put(
                filter(null, before, null, null, List.of(), false),
                run -> !run.created().isAfter(before));
        filters.put(
                filter(after, before, "a", null, List.of(), false),
                run -> !run.created().isBefore(after) && !run.created().isAfter(before) && "a".equals(run.step()));
        filters.put(
                filter(null, null, null, "DISK", List.of(), false),
                run -> run.message() != null && run.message().contains("disk"));
        filters.put(
                filter(null, before, "b", "disk", List.of(), true),
                run -> !run.created().isAfter(before)
                        && "b".equals(run.step())
                        && String.valueOf(run.message()).contains("disk"));
        filters.put(filter(null, null, null, null, some, false), run -> some.contains(run.id()));
        filters.put(filter(null, null, null, null, List.of(), true), run -> true);
        return filters;
    }

    /** More flows than are asked for one by one. */
    private List<String> manyWith(String flow) {
        var many = new ArrayList<>(List.of(flow));
        for (var i = 0; i < 30; i++) {
            many.add(ids.random());
        }
        return many;
    }

    private RunFilter filter() {
        return filter(List.of(), List.of(), List.of());
    }

    private RunFilter filter(List<String> flowIds, List<String> statuses, List<String> tags) {
        return new RunFilter(project, flowIds, statuses, tags, null, null, null, null, List.of(), false, false);
    }

    private RunFilter filter(
            @Nullable Instant after,
            @Nullable Instant before,
            @Nullable String step,
            @Nullable String message,
            List<String> runIds,
            boolean archived) {
        return new RunFilter(
                project, List.of(), List.of(), List.of(), after, before, step, message, runIds, archived, false);
    }

    /** Runs of the last 40 days; some moments are shared, some ids come from elsewhere and say nothing of their age. */
    private List<Kept> fill(Database database) {
        var all = new ArrayList<Kept>();
        for (var i = 0; i < RUNS; i++) {
            var created = newest.minus(Duration.ofMinutes(i % 5 == 0 ? 60L * i : random.nextInt(40 * 24 * 60)));
            var status = STATUSES.get(i % STATUSES.size());
            var failed = !status.equals("SUCCEEDED") && !status.equals("CANCELED");
            all.add(new Kept(
                    i % 9 == 0 ? (i % 2 == 0 ? "zz" : "0A") + ids.random().substring(2) : ids.runId(created),
                    created,
                    flows.get(i % 3),
                    status,
                    i % 4 == 0 ? List.of(i % 8 == 0 ? "red" : "blue", "all") : List.of(),
                    failed ? (i % 2 == 0 ? "a" : "b") : null,
                    failed ? (i % 5 == 0 ? "the disk is full" : "status 500") : null,
                    i % 11 == 0,
                    i % 13 != 0));
        }
        database.transact(tx -> all.forEach(run -> tx.sql()
                .insertInto(FLOW_RUN)
                .set(FLOW_RUN.ID, run.id())
                .set(FLOW_RUN.CREATED, run.created())
                .set(FLOW_RUN.UPDATED, run.created())
                .set(FLOW_RUN.PROJECT_ID, project)
                .set(FLOW_RUN.FLOW_ID, run.flowId())
                .set(FLOW_RUN.FLOW_VERSION_ID, run.flowId())
                .set(FLOW_RUN.ENVIRONMENT, run.production() ? "PRODUCTION" : "TESTING")
                .set(FLOW_RUN.STATUS, run.status())
                .set(FLOW_RUN.TAGS, run.tags().isEmpty() ? null : run.tags())
                .set(
                        FLOW_RUN.FAILED_STEP,
                        run.step() == null
                                ? null
                                : Json.object()
                                        .put("name", run.step())
                                        .put("displayName", run.step())
                                        .put("message", run.message()))
                .set(FLOW_RUN.ARCHIVED_AT, run.archived() ? run.created() : null)
                .execute()));
        return all;
    }
}
