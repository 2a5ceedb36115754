package millrace.draft;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.definition.FlowVersion;
import millrace.definition.PieceTrigger;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.file.FileService;
import millrace.file.FileType;
import millrace.http.PageRequest;
import millrace.http.SeekPage;

/** Keeps events of triggers, so that a flow can be edited and tried with what really comes. */
public final class TriggerEvents {
    private final Database database;
    private final FileService files;
    private final Ids ids;
    private final InstantSource clock;
    private final TriggerEventStore events = new TriggerEventStore();

    public TriggerEvents(Database database, FileService files, Ids ids, InstantSource clock) {
        this.database = database;
        this.files = files;
        this.ids = ids;
        this.clock = clock;
    }

    /** Keeps events of the version's trigger; when this returns, they can be listed. */
    public List<TriggerEvent> keep(String projectId, FlowVersion version, List<JsonNode> payloads) {
        var sourceName = sourceName(version);
        var kept = new ArrayList<TriggerEvent>();
        for (var payload : payloads) {
            var fileId = files.store(
                    projectId, FileType.TRIGGER_EVENT_FILE, "event.json", Json.bytes(payload), "application/json");
            var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
            var event =
                    new TriggerEvent(ids.random(), now, now, projectId, version.flowId(), sourceName, fileId, payload);
            database.transact(tx -> events.insert(tx, event));
            kept.add(event);
        }
        return kept;
    }

    /** Forgets the events of the version's trigger. */
    void forget(String projectId, FlowVersion version) {
        database.transact(tx -> events.deleteOfSource(tx, projectId, version.flowId(), sourceName(version)));
    }

    /** Newest first, with their payloads. */
    SeekPage<TriggerEvent> page(String projectId, String flowId, PageRequest request) {
        return database.read(tx -> events.page(tx, projectId, flowId, request))
                .map(event -> event.with(read(projectId, event.fileId()).orElse(null)));
    }

    /** The payload of the flow's newest event, unless this file is newer. */
    Optional<JsonNode> newest(String projectId, String flowId, Optional<String> otherFile) {
        return database.read(tx -> events.newest(tx, projectId, flowId)
                        .filter(event -> otherFile
                                .flatMap(file -> events.created(tx, projectId, file))
                                .filter(event.created()::isBefore)
                                .isEmpty()))
                .flatMap(event -> read(projectId, event.fileId()));
    }

    /** What a file of test data holds; empty when it is gone. Data of other programs may be text that is no JSON. */
    Optional<JsonNode> read(String projectId, String fileId) {
        byte[] bytes;
        try {
            bytes = files.get(Scope.project(projectId), fileId).bytes();
        } catch (MillraceException gone) {
            if (gone.code() == ErrorCode.ENTITY_NOT_FOUND) {
                return Optional.empty();
            }
            throw gone;
        }
        try {
            return Optional.of(Json.readStored(bytes));
        } catch (IllegalArgumentException noJson) {
            return Optional.of(Json.MAPPER.getNodeFactory().textNode(new String(bytes, StandardCharsets.UTF_8)));
        }
    }

    private static String sourceName(FlowVersion version) {
        if (!(version.trigger() instanceof PieceTrigger trigger)) {
            return version.trigger().name();
        }
        var numbers = trigger.pieceVersion().replaceFirst("^[~^]", "").split("\\.", -1);
        var shown = numbers.length < 2 ? trigger.pieceVersion() : numbers[0] + "." + numbers[1];
        return trigger.pieceName() + "@" + shown + ":" + trigger.triggerName();
    }
}
