package millrace.piece;

import static millrace.access.PrincipalType.ENGINE;
import static millrace.access.PrincipalType.ONBOARDING;
import static millrace.access.PrincipalType.SERVICE;
import static millrace.access.PrincipalType.USER;
import static millrace.access.PrincipalType.WORKER;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.http.Call;
import millrace.http.QueryParams;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceMetadata;
import millrace.pieces.NativePieces;
import org.jspecify.annotations.Nullable;

/** The catalogue of pieces (reference/rest-api §9): metadata only, the same for every tenant. */
public final class PieceRoutes implements Room {
    private final NativePieces pieces;

    public PieceRoutes(NativePieces pieces) {
        this.pieces = pieces;
    }

    @Override
    public void declare(Routes routes) {
        routes.get("/pieces", this::list)
                .principals(USER, SERVICE, ENGINE, WORKER, ONBOARDING)
                .answersList(ObjectNode.class);
        routes.get("/pieces/categories", call -> categories()).open().answersList(String.class);
        routes.get("/pieces/registry", call -> registry()).open().answersList(Entry.class);
        routes.get("/pieces/{name}", call -> get(call.path("name")))
                .principals(USER, SERVICE, ENGINE, WORKER, ONBOARDING)
                .answers(ObjectNode.class);
        routes.get("/pieces/{scope}/{name}", call -> get(call.path("scope") + "/" + call.path("name")))
                .principals(USER, SERVICE, ENGINE, WORKER, ONBOARDING)
                .answers(ObjectNode.class);
    }

    /** A piece and the version shown. */
    record Entry(String name, String version) {}

    private enum Sort {
        NAME,
        UPDATED,
        CREATED,
        POPULARITY
    }

    private enum Order {
        ASC,
        DESC
    }

    private enum Suggestions {
        ACTION,
        TRIGGER,
        ACTION_AND_TRIGGER
    }

    private List<ObjectNode> list(Call call) {
        var query = call.query();
        var search = query.text("searchQuery");
        var categories = query.list("categories");
        var suggestions = query.choice("suggestionType", Suggestions.class);
        var found = pieces.all().stream()
                .filter(piece ->
                        categories.isEmpty() || piece.categories().stream().anyMatch(categories::contains))
                .filter(piece -> search == null || mentions(piece, search));
        return ordered(found, query)
                .map(piece -> suggested(PieceMetadata.summary(piece), piece, search, suggestions))
                .toList();
    }

    /** Pieces have neither dates nor popularity here, so that only the name orders them. */
    private static Stream<Piece> ordered(Stream<Piece> found, QueryParams query) {
        var byName = Comparator.comparing(Piece::displayName, String.CASE_INSENSITIVE_ORDER);
        var descending = query.choice("orderBy", Order.class) == Order.DESC;
        return query.choice("sortBy", Sort.class) == Sort.NAME
                ? found.sorted(descending ? byName.reversed() : byName)
                : found;
    }

    private static boolean mentions(Piece piece, String search) {
        return contains(piece.name(), search)
                || contains(piece.displayName(), search)
                || contains(piece.description(), search)
                || piece.actions().values().stream().anyMatch(action -> contains(action.displayName(), search))
                || piece.triggers().values().stream().anyMatch(trigger -> contains(trigger.displayName(), search));
    }

    private static ObjectNode suggested(
            ObjectNode summary, Piece piece, @Nullable String search, @Nullable Suggestions kind) {
        if (kind == null) {
            return summary;
        }
        if (kind != Suggestions.TRIGGER) {
            var actions = Json.array();
            piece.actions().values().stream()
                    .filter(action -> search == null || contains(action.displayName(), search))
                    .forEach(action -> actions.add(PieceMetadata.action(action)));
            summary.set("suggestedActions", actions);
        }
        if (kind != Suggestions.ACTION) {
            var triggers = Json.array();
            piece.triggers().values().stream()
                    .filter(trigger -> search == null || contains(trigger.displayName(), search))
                    .forEach(trigger -> triggers.add(PieceMetadata.trigger(trigger)));
            summary.set("suggestedTriggers", triggers);
        }
        return summary;
    }

    private static boolean contains(String text, String part) {
        return text.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
    }

    private List<String> categories() {
        return pieces.all().stream()
                .flatMap(piece -> piece.categories().stream())
                .distinct()
                .sorted()
                .toList();
    }

    private List<Entry> registry() {
        return pieces.all().stream()
                .map(piece -> new Entry(piece.name(), piece.version()))
                .toList();
    }

    /** Whatever version is asked for: a native piece serves all of them and shows its own. */
    private ObjectNode get(String name) {
        return pieces.find(name)
                .map(PieceMetadata::full)
                .orElseThrow(() -> MillraceException.notFound("piece_metadata", name));
    }
}
