package millrace.database;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Runs change sets on a scratch database, forward and back, and measures them. Nobody else may use that database.
 */
public final class SchemaTrial {
    private final Direct direct;
    private final Footprint footprint;
    private final SchemaChanger changer;
    private final List<ChangeSet> all;

    public SchemaTrial(Direct scratch) {
        this.direct = scratch;
        this.footprint = new Footprint(scratch.connection(), scratch.dialect());
        this.changer = new SchemaChanger(scratch.connection(), scratch.dialect(), footprint);
        this.all = ChangeSet.all(scratch.dialect());
    }

    /**
     * What one change set took.
     *
     * @param locks the strongest lock on each table that was there before; none on SQLite, where one locks the file
     * @param rewrittenTables those that were written anew, as a whole or some rows of them
     * @param spaceBytes what the database grew by, at the most
     */
    public record Measured(
            String id, long millis, Map<String, String> locks, List<String> rewrittenTables, long spaceBytes) {
        public Measured {
            locks = Map.copyOf(locks);
            rewrittenTables = List.copyOf(rewrittenTables);
        }

        /** The strongest of them; empty when no table that was there was locked. */
        public String strongestLock() {
            return locks.values().stream().reduce("", Footprint::stronger);
        }
    }

    /** Applies all that the scratch database lacks, in order. @throws DatabaseRefusal naming the one that fails */
    public List<Measured> up() {
        try {
            var applied = new SchemaBuilder(direct).applied();
            var measured = new ArrayList<Measured>();
            for (var set : all) {
                if (!applied.contains(set.id())) {
                    footprint.begin();
                    measured.add(measured(set, changer.up(set)));
                }
            }
            return measured;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * Takes change sets back, newest first, until one that is not among these, or that has no way back.
     *
     * @throws DatabaseRefusal naming the one that fails
     */
    public List<Measured> down(Collection<String> ids) {
        try {
            var applied = new SchemaBuilder(direct).applied();
            var measured = new ArrayList<Measured>();
            for (var set : all.reversed()) {
                if (!applied.contains(set.id())) {
                    continue;
                }
                if (!ids.contains(set.id()) || SqlScript.statements(set.down()).isEmpty()) {
                    break;
                }
                footprint.begin();
                measured.add(measured(set, changer.down(set)));
            }
            return measured;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The tables whose rows these change sets drop or rewrite, by their scripts: no way back brings them again. */
    public Set<String> lost(Collection<String> ids) {
        return all.stream()
                .filter(set -> ids.contains(set.id()) && RowLoss.possible(set.up()))
                .flatMap(set -> RowLoss.tables(set.up()).stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    private Measured measured(ChangeSet set, long millis) {
        return new Measured(set.id(), millis, footprint.locks(), footprint.rewritten(), footprint.space());
    }

    private static DatabaseRefusal failed(SQLException e) {
        return new DatabaseRefusal(
                "the rehearsal failed, and so would the real thing: "
                        + String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", "; "),
                e);
    }
}
