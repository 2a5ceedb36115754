package millrace.run;

import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.FLOW_VERSION;
import static millrace.schema.Tables.RUN_QUEUE;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.row;
import static org.jooq.impl.DSL.trueCondition;
import static org.jooq.impl.DSL.val;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import millrace.database.RunPartitions;
import millrace.database.Tx;
import millrace.engine.RunEnvironment;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.SortField;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Lists runs, newest first: those with a row of their own, and those that only the queue knows yet. A page costs about the
 * same over ten thousand runs and over ten million:
 *
 * <ol>
 *   <li>The table is read window by window, from the newest day backwards, each window longer than the last: most pages
 *       are full within a day, and the other days' partitions are not even planned for.
 *   <li>A list of statuses or flows is asked for one by one, so that each is served by its index in its order.
 *   <li>A part of a message can't be looked up: failed runs are searched newest first for a while, and the answer may be
 *       a part of a page and a cursor at which the search goes on.
 * </ol>
 */
final class RunListStore {
    private static final Comparator<FlowRun> NEWEST_FIRST =
            Comparator.comparing(FlowRun::created).thenComparing(FlowRun::id).reversed();
    private static final Duration FIRST_WINDOW = Duration.ofDays(1);
    private static final Duration AHEAD = Duration.ofHours(1);
    private static final int WINDOW_GROWTH = 8;
    private static final int WINDOWS = 3;
    /** More combinations of statuses and flows than this are asked for at once. */
    private static final int MOST_BRANCHES = 24;

    private static final Duration SEARCH_FOR = Duration.ofMillis(50);
    private static final int FIRST_CHUNK = 250;
    private static final int LARGEST_CHUNK = 4_000;

    /** @param now about where the newest runs are */
    SeekPage<FlowRun> page(Tx tx, RunFilter filter, PageRequest page, Instant now) {
        if (filter.failedStepMessage() != null) {
            return search(tx, filter, filter.failedStepMessage(), page, now);
        }
        var fetched = new ArrayList<>(recorded(tx, filter, page, now));
        fetched.addAll(queued(tx, filter, page));
        fetched.sort(page.backwards() ? NEWEST_FIRST.reversed() : NEWEST_FIRST);
        var rows = fetched.size() > page.fetchSize() ? fetched.subList(0, page.fetchSize()) : fetched;
        return SeekPage.of(rows, page, run -> Cursor.Keys.of("created", run.created(), run.id()));
    }

    // ---- runs with a row

    private static List<FlowRun> recorded(Tx tx, RunFilter filter, PageRequest page, Instant now) {
        var branches = branches(filter);
        var found = new ArrayList<FlowRun>();
        for (var window : windows(tx, filter, page, now)) {
            for (var branch : branches) {
                found.addAll(tx.sql()
                        .select(RunStore.columns())
                        .from(FLOW_RUN)
                        .leftJoin(FLOW_VERSION)
                        .on(FLOW_VERSION.ID.eq(FLOW_RUN.FLOW_VERSION_ID))
                        .where(all(tx, filter))
                        .and(branch)
                        .and(window.holds(tx))
                        .and(after(FLOW_RUN.CREATED, FLOW_RUN.ID, page))
                        .orderBy(order(FLOW_RUN.CREATED, page), order(FLOW_RUN.ID, page))
                        .limit(page.fetchSize())
                        .fetch(RunStore::fromRun));
            }
            if (found.size() >= page.fetchSize()) {
                break;
            }
        }
        return found;
    }

    /** What holds for all branches of a query. */
    private static List<Condition> all(Tx tx, RunFilter filter) {
        var conditions = new ArrayList<Condition>();
        conditions.add(production(filter));
        if (!filter.runIds().isEmpty()) {
            conditions.add(FLOW_RUN.ID.in(filter.runIds()));
        }
        RunStore.between(conditions, FLOW_RUN.CREATED, filter);
        if (filter.inDoubt()) {
            conditions.add(DoubtStore.inDoubt(filter.projectId(), FLOW_RUN.ID));
        }
        if (!filter.tags().isEmpty()) {
            conditions.add(tx.dialect().hasAnyElement(FLOW_RUN.TAGS, filter.tags()));
        }
        if (filter.failedStepName() != null) {
            conditions.add(failedStep(tx, filter.failedStepName()));
        }
        return conditions;
    }

    /** Written out, so that the partial indexes are seen to serve the query. */
    private static Condition production(RunFilter filter) {
        return FLOW_RUN.PROJECT_ID
                .eq(filter.projectId())
                .and(FLOW_RUN.ENVIRONMENT.eq(DSL.inline(RunEnvironment.PRODUCTION.name())));
    }

    private static Condition failedStep(Tx tx, String name) {
        return FLOW_RUN.FAILED_STEP
                .isNotNull()
                .and(tx.dialect().jsonText(FLOW_RUN.FAILED_STEP, "name").eq(name));
    }

    /** Conditions that exclude each other, each served by one index in the list's order. */
    private static List<Condition> branches(RunFilter filter) {
        var statuses = filter.statuses().stream()
                .map(status -> FLOW_RUN.STATUS.eq(DSL.inline(status)))
                .toList();
        var flows = filter.flowIds().stream().map(FLOW_RUN.FLOW_ID::eq).toList();
        var archived = new ArrayList<Condition>();
        archived.add(FLOW_RUN.ARCHIVED_AT.isNull());
        if (filter.includeArchived()) {
            archived.add(FLOW_RUN.ARCHIVED_AT.isNotNull());
        }
        var branches = product(archived, statuses);
        if (branches.size() * flows.size() > MOST_BRANCHES) {
            return product(branches, List.of(FLOW_RUN.FLOW_ID.in(filter.flowIds())));
        }
        return product(branches, flows);
    }

    private static List<Condition> product(List<Condition> some, List<Condition> others) {
        if (others.isEmpty()) {
            return some;
        }
        return some.stream().flatMap(one -> others.stream().map(one::and)).toList();
    }

    // ---- windows

    /**
     * A span of creation times.
     *
     * @param from included; null when it has no beginning
     * @param to excluded; null when it has no end
     */
    private record Window(@Nullable Instant from, @Nullable Instant to) {
        private static final Window ALL = new Window(null, null);

        Condition holds(Tx tx) {
            var holds = from == null ? noCondition() : FLOW_RUN.CREATED.ge(from);
            if (to != null) {
                holds = holds.and(FLOW_RUN.CREATED.lt(to));
            }
            return tx.dialect().postgres() ? holds.and(RunPartitions.of(FLOW_RUN.ID, from, to)) : holds;
        }
    }

    /** In the order in which they are read; together they hold all that the filter asks for. */
    private static List<Window> windows(Tx tx, RunFilter filter, PageRequest page, Instant now) {
        // SQLite has no partitions to leave out, and ids name theirs.
        if (!tx.dialect().postgres() || !filter.runIds().isEmpty()) {
            return List.of(Window.ALL);
        }
        var cursor = page.cursor() == null ? null : page.cursor().moment("created");
        return page.backwards() && cursor != null
                ? later(cursor, filter.createdBefore())
                : earlier(least(cursor, filter.createdBefore()), filter.createdAfter(), now);
    }

    private static List<Window> earlier(@Nullable Instant last, @Nullable Instant first, Instant now) {
        var windows = new ArrayList<Window>();
        // The last moment itself is asked for too. Without one, the days to come are left out, but for a clock that is
        // ahead:
        // planning costs more than reading, and partitions are made ahead.
        var newest = now.plus(AHEAD);
        var to = last == null || last.isAfter(newest) ? newest : last.plusMillis(1);
        var length = FIRST_WINDOW;
        var from = (to.isAfter(now) ? now : to).minus(length);
        while (windows.size() < WINDOWS - 1 && (first == null || from.isAfter(first))) {
            windows.add(new Window(from, to));
            to = from;
            length = length.multipliedBy(WINDOW_GROWTH);
            from = from.minus(length);
        }
        windows.add(new Window(first, to));
        return windows;
    }

    private static List<Window> later(Instant first, @Nullable Instant last) {
        var windows = new ArrayList<Window>();
        var from = first;
        var length = FIRST_WINDOW;
        var to = from.plus(length);
        while (windows.size() < WINDOWS - 1 && (last == null || to.isBefore(last))) {
            windows.add(new Window(from, to));
            from = to;
            length = length.multipliedBy(WINDOW_GROWTH);
            to = from.plus(length);
        }
        windows.add(new Window(from, last == null ? null : last.plusMillis(1)));
        return windows;
    }

    private static @Nullable Instant least(@Nullable Instant a, @Nullable Instant b) {
        return a == null || (b != null && b.isBefore(a)) ? b : a;
    }

    // ---- the search for a part of a message

    private record Place(Instant created, String id, boolean hit) {
        Cursor.Keys keys() {
            return Cursor.Keys.of("created", created, id);
        }
    }

    private SeekPage<FlowRun> search(Tx tx, RunFilter filter, String part, PageRequest page, Instant now) {
        var hits = new ArrayList<Place>();
        var until = System.nanoTime() + SEARCH_FOR.toNanos();
        Place reached = null;
        var chunk = FIRST_CHUNK;
        for (var window : windows(tx, filter, page, now)) {
            for (var more = true; more; chunk = Math.min(LARGEST_CHUNK, chunk * 2)) {
                var places = places(tx, filter, part, page, window, reached, chunk);
                more = places.size() == chunk;
                for (var place : places) {
                    reached = place;
                    if (place.hit()) {
                        hits.add(place);
                    }
                    if (hits.size() == page.fetchSize()) {
                        return SeekPage.of(runs(tx, filter, hits), page, RunListStore::keys);
                    }
                }
                if (more && System.nanoTime() > until) {
                    return SeekPage.part(
                            runs(tx, filter, hits),
                            page,
                            RunListStore::keys,
                            Objects.requireNonNull(reached).keys());
                }
            }
        }
        return SeekPage.of(runs(tx, filter, hits), page, RunListStore::keys);
    }

    private static Cursor.Keys keys(FlowRun run) {
        return Cursor.Keys.of("created", run.created(), run.id());
    }

    /**
     * The next failed runs, whether or not they are looked for: what one step of the search costs does not depend on what
     * it finds.
     */
    private static List<Place> places(
            Tx tx,
            RunFilter filter,
            String part,
            PageRequest page,
            Window window,
            @Nullable Place reached,
            int atMost) {
        var walked = production(filter).and(FLOW_RUN.FAILED_STEP.isNotNull());
        if (filter.failedStepName() != null) {
            walked = walked.and(failedStep(tx, filter.failedStepName()));
        }
        var looked = all(tx, filter).stream().reduce(trueCondition(), Condition::and);
        if (!filter.includeArchived()) {
            looked = looked.and(FLOW_RUN.ARCHIVED_AT.isNull());
        }
        if (!filter.statuses().isEmpty()) {
            looked = looked.and(FLOW_RUN.STATUS.in(filter.statuses()));
        }
        if (!filter.flowIds().isEmpty()) {
            looked = looked.and(FLOW_RUN.FLOW_ID.in(filter.flowIds()));
        }
        looked = looked.and(
                tx.dialect().containsIgnoreCase(tx.dialect().jsonText(FLOW_RUN.FAILED_STEP, "message"), part));
        return tx.sql()
                .select(FLOW_RUN.CREATED, FLOW_RUN.ID, DSL.field(looked))
                .from(FLOW_RUN)
                .where(walked)
                .and(window.holds(tx))
                .and(
                        reached == null
                                ? after(FLOW_RUN.CREATED, FLOW_RUN.ID, page)
                                : beyond(FLOW_RUN.CREATED, FLOW_RUN.ID, reached.created(), reached.id(), page))
                .orderBy(order(FLOW_RUN.CREATED, page), order(FLOW_RUN.ID, page))
                .limit(atMost)
                .fetch(found -> new Place(found.value1(), found.value2(), Boolean.TRUE.equals(found.value3())));
    }

    /** The rows of these places, in their order. */
    private static List<FlowRun> runs(Tx tx, RunFilter filter, List<Place> places) {
        if (places.isEmpty()) {
            return List.of();
        }
        var byId = new HashMap<String, FlowRun>();
        tx.sql()
                .select(RunStore.columns())
                .from(FLOW_RUN)
                .leftJoin(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(FLOW_RUN.FLOW_VERSION_ID))
                .where(
                        FLOW_RUN.ID.in(places.stream().map(Place::id).toList()),
                        FLOW_RUN.PROJECT_ID.eq(filter.projectId()))
                .forEach(found -> byId.put(found.get(FLOW_RUN.ID), RunStore.fromRun(found)));
        return places.stream()
                .map(place -> byId.get(place.id()))
                .filter(Objects::nonNull)
                .toList();
    }

    // ---- runs that only the queue knows

    private static List<FlowRun> queued(Tx tx, RunFilter filter, PageRequest page) {
        if (!filter.tags().isEmpty() || filter.failedStepName() != null) {
            return List.of();
        }
        var queue = RUN_QUEUE;
        var conditions = new ArrayList<Condition>();
        conditions.add(queue.PROJECT_ID.eq(filter.projectId()));
        conditions.add(queue.ENVIRONMENT.eq(RunEnvironment.PRODUCTION.name()));
        conditions.add(queue.RECORDED.isFalse());
        if (filter.inDoubt()) {
            conditions.add(DoubtStore.inDoubt(filter.projectId(), queue.ID));
        }
        in(conditions, queue.FLOW_ID, filter.flowIds());
        in(conditions, queue.STATUS, filter.statuses());
        in(conditions, queue.ID, filter.runIds());
        RunStore.between(conditions, queue.CREATED, filter);
        return tx.sql()
                .select(queue.asterisk(), FLOW_VERSION.DISPLAY_NAME)
                .from(queue)
                .leftJoin(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(queue.FLOW_VERSION_ID))
                .where(conditions)
                .and(after(queue.CREATED, queue.ID, page))
                .orderBy(order(queue.CREATED, page), order(queue.ID, page))
                .limit(page.fetchSize())
                .fetch(RunStore::fromQueue);
    }

    private static <T> void in(List<Condition> conditions, Field<T> field, List<T> wanted) {
        if (!wanted.isEmpty()) {
            conditions.add(field.in(wanted));
        }
    }

    // ---- places in the list

    private static Condition after(Field<Instant> created, Field<String> id, PageRequest page) {
        var cursor = page.cursor();
        var moment = cursor == null ? null : cursor.moment("created");
        return cursor == null || moment == null ? noCondition() : beyond(created, id, moment, cursor.text("id"), page);
    }

    private static Condition beyond(
            Field<Instant> created, Field<String> id, Instant moment, @Nullable String lastId, PageRequest page) {
        var at = val(moment, created);
        if (lastId == null) {
            return page.backwards() ? created.gt(at) : created.lt(at);
        }
        var place = row(at, val(lastId, id));
        return page.backwards() ? row(created, id).gt(place) : row(created, id).lt(place);
    }

    private static <T> SortField<T> order(Field<T> field, PageRequest page) {
        return page.backwards() ? field.asc() : field.desc();
    }
}
