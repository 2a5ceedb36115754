package millrace.run;

import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.engine.MillraceException;
import millrace.journal.JournalReader;

/** Says why a run is where it is, from its rows alone: it changes nothing and needs no server. */
public final class RunInspection {
    private final Database database;
    private final RunFactsStore facts = new RunFactsStore();
    private final RunStore runs = new RunStore();

    public RunInspection(Database database) {
        this.database = database;
    }

    /** @throws MillraceException ENTITY_NOT_FOUND outside the principal's projects */
    RunWhy why(Access access, Principal principal, String runId) {
        var why = why(principal.scope(), runId);
        access.requireEntity(principal, Permission.READ_RUN, why.projectId(), "flow_run", runId);
        return why;
    }

    /** @throws MillraceException ENTITY_NOT_FOUND outside the scope */
    public RunWhy why(Scope scope, String runId) {
        return database.read(tx -> facts.find(tx, scope, runId)
                .map(found -> RunWhy.of(
                        found, JournalReader.read(found.documents(), (path, part) -> runs.blob(tx, runId, path, part))))
                .orElseThrow(() -> MillraceException.notFound("flow_run", runId)));
    }
}
