package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import millrace.definition.FlowOperation.Location;
import millrace.definition.FlowOperation.Place;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Applies operations to a version's document (flow-format §9.2 to §9.7). Pure: a new version comes out, the old one
 * stays, and what is refused changes nothing. Which operations a state of the version allows is the caller's rule.
 */
public final class FlowEditor {
    private static final String LAST_UPDATED = "lastUpdatedDate";
    private static final String SAMPLE_DATA = "sampleData";

    private final StepCheck check;

    public FlowEditor(PieceCatalogue catalogue) {
        this.check = new StepCheck(catalogue);
    }

    /**
     * The version after the operation, with {@code valid}, {@code connectionIds} and {@code agentIds} as the new
     * document has them.
     *
     * @param userId who edits, for the owner of notes; null for an API key
     * @throws MillraceException FLOW_OPERATION_INVALID when the operation does not fit the document, ENTITY_NOT_FOUND
     *     for a missing step, VALIDATION (400) when the result breaks {@link FlowLimits}, FLOW_MIGRATION_FAILED
     */
    public FlowVersion apply(
            FlowVersion version, FlowOperation.OnDraft operation, @Nullable String userId, Instant now) {
        var edited = edit(version, operation, new Edit(userId, now));
        if (edited.trigger() != version.trigger()) {
            FlowLimits.check(edited.trigger());
        }
        return derived(edited, now);
    }

    private record Edit(@Nullable String userId, Instant now) {
        String time() {
            return Timestamps.text(now);
        }
    }

    private FlowVersion edit(FlowVersion version, FlowOperation.OnDraft operation, Edit edit) {
        Trigger root = version.trigger();
        return switch (operation) {
            case FlowOperation.AddAction add ->
                version.withTrigger(insert(root, add.place(), fresh(added(add.action()), edit)));
            case FlowOperation.UpdateAction update -> version.withTrigger(updateAction(root, update.action(), edit));
            case FlowOperation.DeleteAction delete -> version.withTrigger(delete(root, delete.names()));
            case FlowOperation.MoveAction move -> version.withTrigger(move(root, move, edit));
            case FlowOperation.DuplicateAction duplicate ->
                version.withTrigger(duplicate(root, duplicate.stepName(), edit));
            case FlowOperation.UpdateTrigger update -> version.withTrigger(updateTrigger(root, update.trigger(), edit));
            case FlowOperation.SetSkipAction skip -> version.withTrigger(setSkip(root, skip));
            case FlowOperation.AddBranch add -> version.withTrigger(addBranch(root, add));
            case FlowOperation.DeleteBranch delete -> version.withTrigger(deleteBranch(root, delete));
            case FlowOperation.DuplicateBranch duplicate -> version.withTrigger(duplicateBranch(root, duplicate, edit));
            case FlowOperation.MoveBranch move -> version.withTrigger(moveBranch(root, move));
            case FlowOperation.ChangeName change -> version.withDisplayName(change.displayName());
            case FlowOperation.ImportFlow imported -> importFlow(version, imported, edit);
            case FlowOperation.LockFlow lock -> version.withState(FlowVersion.State.LOCKED);
            case FlowOperation.AddNote add -> addNote(version, add.note(), edit);
            case FlowOperation.UpdateNote update -> updateNote(version, update.note(), edit);
            case FlowOperation.DeleteNote delete ->
                version.withNotes(version.notes().stream()
                        .filter(note -> !delete.id().equals(note.path("id").asText()))
                        .toList());
            case FlowOperation.UpdateSampleDataInfo info -> version.withTrigger(sampleData(root, info, edit));
        };
    }

    // ---- steps

    /** A new router has an empty child for each branch. */
    private static Action added(Action action) {
        return action instanceof RouterStep router ? router.withChildren(slots(router, List.of())) : action;
    }

    private static List<@Nullable Action> slots(RouterStep router, List<@Nullable Action> filled) {
        var children = new ArrayList<>(filled);
        while (children.size() < router.settings().path("branches").size()) {
            children.add(null);
        }
        return children;
    }

    /** The step as the server takes it over: checked, stamped. */
    private Action fresh(Action action, Edit edit) {
        return action.withBody(check.checked(action).put(LAST_UPDATED, edit.time()));
    }

    /** Puts the step, with what is inside it, at the place; it becomes the head of the chain there. */
    private static Trigger insert(Trigger root, Place place, Action step) {
        var parent = Steps.find(root, place.parent());
        if (parent.isEmpty()) {
            return root;
        }
        if (parent.get() instanceof Trigger) {
            if (place.location() == Location.INSIDE_ON_SUCCESS_BRANCH
                    || place.location() == Location.INSIDE_ON_FAILURE_BRANCH) {
                throw doesNotFit(place, "a trigger");
            }
            return root.withNext(step.withNext(root.next()));
        }
        var once = new boolean[] {false};
        return Steps.rewrite(root, action -> {
            if (once[0] || !action.name().equals(place.parent())) {
                return List.of(action);
            }
            once[0] = true;
            return insertAt(action, place, step);
        });
    }

    private static List<Action> insertAt(Action parent, Place place, Action step) {
        Location location = place.location();
        if (location == Location.AFTER) {
            return List.of(parent, step);
        }
        return switch (parent) {
            case CodeStep code ->
                inFailureBranch(location)
                        ? List.of(code.withBranches(filled(code.branches(), location, step)))
                        : List.of(parent, step);
            case PieceStep piece ->
                inFailureBranch(location)
                        ? List.of(piece.withBranches(filled(piece.branches(), location, step)))
                        : List.of(parent, step);
            case LoopStep loop -> {
                if (location != Location.INSIDE_LOOP) {
                    throw doesNotFit(place, "a loop");
                }
                yield List.of(loop.withFirst(step.withNext(loop.first())));
            }
            case RouterStep router -> {
                Integer index = place.branchIndex();
                if (location != Location.INSIDE_BRANCH || index == null || index >= FlowLimits.MAX_BRANCHES) {
                    throw doesNotFit(place, "a router");
                }
                var children = new ArrayList<>(router.children());
                while (children.size() <= index) {
                    children.add(null);
                }
                children.set(index, step.withNext(children.get(index)));
                yield List.of(router.withChildren(children));
            }
        };
    }

    private static boolean inFailureBranch(@Nullable Location location) {
        return location == Location.INSIDE_ON_SUCCESS_BRANCH || location == Location.INSIDE_ON_FAILURE_BRANCH;
    }

    private static FailureBranches filled(@Nullable FailureBranches old, @Nullable Location location, Action step) {
        var branches = old == null ? FailureBranches.NONE : old;
        return location == Location.INSIDE_ON_SUCCESS_BRANCH
                ? new FailureBranches(step.withNext(branches.onSuccess()), branches.onFailure())
                : new FailureBranches(branches.onSuccess(), step.withNext(branches.onFailure()));
    }

    private static MillraceException doesNotFit(Place place, String parent) {
        return MillraceException.of(
                ErrorCode.FLOW_OPERATION_INVALID,
                "a step can't be put " + (place.location() == null ? "without a location" : place.location()) + " of "
                        + place.parent() + ", which is " + parent);
    }

    private Trigger updateAction(Trigger root, Action update, Edit edit) {
        return Steps.rewrite(
                root,
                old -> old.name().equals(update.name())
                        ? List.of(fresh(replacement(old, update), edit))
                        : List.of(old));
    }

    /** The new settings with what belongs to the place and stays (flow-format §9.3). */
    private static Action replacement(Action old, Action update) {
        ObjectNode body = update.body();
        JsonNode sampleData = old.settings().get(SAMPLE_DATA);
        if (sampleData != null && old.type().equals(update.type())) {
            body = Bodies.with(body, "settings", Bodies.with(update.settings(), SAMPLE_DATA, sampleData));
        }
        var branches = switch (old) {
            case CodeStep code -> code.branches();
            case PieceStep piece -> piece.branches();
            case LoopStep loop -> null;
            case RouterStep router -> null;
        };
        return switch (update) {
            case CodeStep code -> new CodeStep(body, branches, old.next());
            case PieceStep piece -> new PieceStep(body, branches, old.next());
            case LoopStep loop -> new LoopStep(body, old instanceof LoopStep was ? was.first() : null, old.next());
            case RouterStep router ->
                new RouterStep(
                        body,
                        old instanceof RouterStep was ? was.children() : Collections.nCopies(2, null),
                        old.next());
        };
    }

    private static Trigger delete(Trigger root, List<String> names) {
        var unwanted = new HashSet<>(names);
        return Steps.rewrite(root, step -> unwanted.contains(step.name()) ? List.of() : List.of(step));
    }

    private static Trigger move(Trigger root, FlowOperation.MoveAction move, Edit edit) {
        Action step = Steps.findAction(root, move.name()).orElseThrow(() -> missing(move.name()));
        String parent = move.place().parent();
        if (Steps.find(root, parent).isEmpty()) {
            throw missing(parent);
        }
        // The reference loses the step here without an error.
        if (Steps.find(step.withNext(null), parent).isPresent()) {
            throw MillraceException.of(
                    ErrorCode.FLOW_OPERATION_INVALID, "a step can't be moved after itself or into itself");
        }
        Action moved = withoutEmptyBranches(
                step.withBody(Bodies.with(step.body(), LAST_UPDATED, TextNode.valueOf(edit.time()))));
        return insert(delete(root, List.of(move.name())), move.place(), moved);
    }

    private static Action withoutEmptyBranches(Action step) {
        return switch (step) {
            case CodeStep code when code.inner().isEmpty() -> code.withBranches(null);
            case PieceStep piece when piece.inner().isEmpty() -> piece.withBranches(null);
            default -> step;
        };
    }

    private static MillraceException missing(String step) {
        return MillraceException.notFound("step", step);
    }

    private static Trigger duplicate(Trigger root, String name, Edit edit) {
        Action step = Steps.findAction(root, name).orElseThrow(() -> missing(name));
        Action copy = new StepCopies(root, edit.time()).copy(step.withNext(null));
        return Steps.rewrite(root, action -> action.name().equals(name) ? List.of(action, copy) : List.of(action));
    }

    private Trigger updateTrigger(Trigger root, Trigger update, Edit edit) {
        if (!root.name().equals(update.name())) {
            throw missing(update.name());
        }
        JsonNode sampleData = root.settings().get(SAMPLE_DATA);
        Trigger trigger = update.withNext(root.next());
        if (sampleData != null && root instanceof PieceTrigger && update instanceof PieceTrigger) {
            trigger = trigger.withBody(
                    Bodies.with(update.body(), "settings", Bodies.with(update.settings(), SAMPLE_DATA, sampleData)));
        }
        return trigger.withBody(check.checked(trigger).put(LAST_UPDATED, edit.time()));
    }

    private static Trigger setSkip(Trigger root, FlowOperation.SetSkipAction operation) {
        var names = new HashSet<>(operation.names());
        var skip = BooleanNode.valueOf(operation.skip());
        return everyStep(
                root, body -> names.contains(body.path("name").asText()) ? Bodies.with(body, "skip", skip) : body);
    }

    private static Trigger sampleData(Trigger root, FlowOperation.UpdateSampleDataInfo info, Edit edit) {
        return everyStep(root, body -> {
            if (!info.stepName().equals(body.path("name").asText())) {
                return body;
            }
            ObjectNode settings = Bodies.object(body, "settings");
            ObjectNode sampleData = info.sampleData();
            return Bodies.with(
                    body,
                    "settings",
                    sampleData == null
                            ? Bodies.without(settings, SAMPLE_DATA)
                            : Bodies.with(
                                    settings,
                                    SAMPLE_DATA,
                                    Bodies.copy(sampleData).put("lastTestDate", edit.time())));
        });
    }

    private static Trigger everyStep(Trigger root, UnaryOperator<ObjectNode> body) {
        var rewritten = Steps.rewrite(root, action -> {
            ObjectNode changed = body.apply(action.body());
            return List.of(changed == action.body() ? action : action.withBody(changed));
        });
        ObjectNode changed = body.apply(root.body());
        return changed == root.body() ? rewritten : rewritten.withBody(changed);
    }

    // ---- branches

    private static Trigger changeRouter(Trigger root, String name, UnaryOperator<RouterStep> change) {
        return Steps.rewrite(
                root,
                step -> step instanceof RouterStep router && step.name().equals(name)
                        ? List.of(change.apply(router))
                        : List.of(step));
    }

    private static List<JsonNode> branches(RouterStep router) {
        var branches = new ArrayList<JsonNode>();
        router.settings().path("branches").forEach(branches::add);
        return branches;
    }

    private static RouterStep withBranches(
            RouterStep router, List<JsonNode> branches, List<@Nullable Action> children) {
        ArrayNode array = Json.array();
        array.addAll(branches);
        return router.withBody(
                        Bodies.with(router.body(), "settings", Bodies.with(router.settings(), "branches", array)))
                .withChildren(children);
    }

    private static Trigger addBranch(Trigger root, FlowOperation.AddBranch add) {
        return changeRouter(root, add.stepName(), router -> {
            var branches = branches(router);
            var children = slots(router, router.children());
            ObjectNode branch =
                    Json.object().put("branchName", add.branchName()).put("branchType", "CONDITION");
            branch.set("conditions", add.conditions() == null ? emptyConditions() : add.conditions());
            branches.add(Math.min(add.branchIndex(), branches.size()), branch);
            children.add(Math.min(add.branchIndex(), children.size()), null);
            return withBranches(router, branches, children);
        });
    }

    private static ArrayNode emptyConditions() {
        ArrayNode groups = Json.array();
        groups.addArray()
                .addObject()
                .put("operator", Operator.TEXT_CONTAINS.name())
                .put("firstValue", "")
                .put("secondValue", "")
                .put("caseSensitive", false);
        return groups;
    }

    private static Trigger deleteBranch(Trigger root, FlowOperation.DeleteBranch delete) {
        int index = delete.branchIndex();
        return changeRouter(root, delete.stepName(), router -> {
            var branches = branches(router);
            if (index >= branches.size()) {
                return router;
            }
            var children = slots(router, router.children());
            branches.remove(index);
            children.remove(index);
            return withBranches(router, branches, children);
        });
    }

    private static Trigger duplicateBranch(Trigger root, FlowOperation.DuplicateBranch duplicate, Edit edit) {
        int index = duplicate.branchIndex();
        return changeRouter(root, duplicate.stepName(), router -> {
            var branches = branches(router);
            if (index >= branches.size()) {
                throw MillraceException.of(
                        ErrorCode.FLOW_OPERATION_INVALID, duplicate.stepName() + " has no branch " + index);
            }
            var children = slots(router, router.children());
            Action child = children.get(index);
            JsonNode conditions = branches.get(index).get("conditions");
            ObjectNode copy = Json.object()
                    .put("branchName", branches.get(index).path("branchName").asText() + " Copy")
                    .put("branchType", "CONDITION");
            copy.set("conditions", conditions == null ? emptyConditions() : conditions);
            branches.add(index + 1, copy);
            children.add(index + 1, child == null ? null : new StepCopies(root, edit.time()).copyChain(child));
            return withBranches(router, branches, children);
        });
    }

    private static Trigger moveBranch(Trigger root, FlowOperation.MoveBranch move) {
        int source = move.sourceBranchIndex();
        int target = move.targetBranchIndex();
        return changeRouter(root, move.stepName(), router -> {
            var branches = branches(router);
            if (source == target
                    || Math.max(source, target) >= branches.size()
                    || isFallback(branches.get(source))
                    || isFallback(branches.get(target))) {
                return router;
            }
            var children = slots(router, router.children());
            branches.add(target, branches.remove(source));
            children.add(target, children.remove(source));
            return withBranches(router, branches, children);
        });
    }

    private static boolean isFallback(JsonNode branch) {
        return "FALLBACK".equals(branch.path("branchType").asText());
    }

    // ---- the whole document

    private FlowVersion importFlow(FlowVersion version, FlowOperation.ImportFlow imported, Edit edit) {
        FlowMigrations.migrate(imported.trigger(), imported.schemaVersion(), version.id(), edit.now());
        if (!imported.trigger().path(LAST_UPDATED).isTextual()) {
            throw Fields.wrong("request.trigger." + LAST_UPDATED, "a text");
        }
        Trigger document = FlowJson.read(imported.trigger());
        ObjectNode body = StepSchema.trigger(document.body(), "request.trigger");
        if (!version.trigger().name().equals(document.name())) {
            throw missing(document.name());
        }
        FlowLimits.check(document);
        Trigger steps = Steps.rewrite(document, step -> List.of(imported(step, edit)));
        Trigger trigger = document.withBody(body).withNext(steps.next());
        var notes = new ArrayList<ObjectNode>();
        for (ObjectNode note : imported.notes()) {
            notes.add(stamped(note, edit));
        }
        return version.withDisplayName(imported.displayName())
                .withTrigger(trigger.withBody(check.checked(trigger).put(LAST_UPDATED, edit.time())))
                .withNotes(notes);
    }

    private Action imported(Action step, Edit edit) {
        ObjectNode settings = Bodies.without(step.settings(), SAMPLE_DATA);
        JsonNode version = settings.get("pieceVersion");
        if (version != null && version.isTextual()) {
            settings = Bodies.with(
                    settings, "pieceVersion", TextNode.valueOf(StepSchema.withoutPrefix(version.textValue())));
        }
        Action clean = step.withBody(Bodies.with(step.body(), "settings", settings));
        if (clean instanceof RouterStep router) {
            clean = router.withChildren(slots(router, router.children()));
        }
        return fresh(withoutEmptyBranches(clean), edit);
    }

    // ---- notes

    private static FlowVersion addNote(FlowVersion version, ObjectNode note, Edit edit) {
        var notes = new ArrayList<>(version.notes());
        notes.add(stamped(note, edit));
        return version.withNotes(notes);
    }

    private static ObjectNode stamped(ObjectNode note, Edit edit) {
        ObjectNode stamped = Bodies.copy(note);
        stamped.put("ownerId", edit.userId());
        for (String key : new String[] {"createdAt", "updatedAt"}) {
            if (!stamped.has(key)) {
                stamped.put(key, edit.time());
            }
        }
        return stamped;
    }

    private static FlowVersion updateNote(FlowVersion version, ObjectNode update, Edit edit) {
        return version.withNotes(version.notes().stream()
                .map(note -> {
                    if (!note.path("id").equals(update.path("id"))) {
                        return note;
                    }
                    ObjectNode merged = Bodies.copy(note);
                    update.properties().forEach(entry -> merged.set(entry.getKey(), entry.getValue()));
                    return merged.put("updatedAt", edit.time());
                })
                .toList());
    }

    // ---- derived fields

    private static FlowVersion derived(FlowVersion version, Instant now) {
        boolean valid = true;
        var connections = new LinkedHashSet<String>();
        var agents = new LinkedHashSet<String>();
        for (Step step : Steps.all(version.trigger())) {
            valid &= step.valid() || (step instanceof Action && step.skip());
            connections.addAll(References.connections(step));
            agent(step).ifPresent(agents::add);
        }
        return new FlowVersion(
                version.id(),
                version.created(),
                now,
                version.flowId(),
                version.displayName(),
                version.trigger(),
                version.updatedBy(),
                valid,
                version.schemaVersion(),
                List.copyOf(agents),
                List.copyOf(connections),
                version.state(),
                version.backupFiles(),
                version.notes());
    }

    private static Optional<String> agent(Step step) {
        return step instanceof PieceStep piece && piece.pieceName().equals("@activepieces/piece-ai")
                ? Optional.of(piece.input().path("agentId").asText()).filter(id -> !id.isEmpty())
                : Optional.empty();
    }
}
