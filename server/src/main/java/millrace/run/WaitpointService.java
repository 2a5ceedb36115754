package millrace.run;

import java.net.URI;
import java.time.Duration;
import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;

/** Opens waitpoints for steps that run outside of this process's own pieces. */
public final class WaitpointService {
    private final Database database;
    private final Access access;
    private final Ids ids;
    private final URI publicUrl;
    private final Duration maxPause;
    private final RunStore runs = new RunStore();
    private final RunLifeStore life = new RunLifeStore();
    private final WaitpointStore waitpoints = new WaitpointStore();

    /**
     * @param publicUrl where resume links begin, without a slash at its end
     * @param maxPause how long a run may wait, counted from its beginning
     */
    public WaitpointService(Database database, Access access, Ids ids, URI publicUrl, Duration maxPause) {
        this.database = database;
        this.access = access;
        this.ids = ids;
        this.publicUrl = publicUrl;
        this.maxPause = maxPause;
    }

    /**
     * Opens a waitpoint of a run that has not ended. A step has one: asked for again, the same is answered.
     *
     * @throws MillraceException AUTHORIZATION for another project; ENTITY_NOT_FOUND for a run that the project does not
     *     have or that has ended; VALIDATION (400) for a delay without a time; PAUSED_FLOW_TIMEOUT_EXCEEDED for a time
     *     beyond what a run may wait
     */
    public NewWaitpoint.Opened open(Principal principal, NewWaitpoint wanted) {
        access.require(principal, Permission.WRITE_RUN, wanted.projectId());
        if (wanted.type() == NewWaitpoint.Type.DELAY && wanted.resumeDateTime() == null) {
            throw MillraceException.invalid("body/resumeDateTime is required: the type is DELAY");
        }
        var scope = Scope.project(wanted.projectId());
        var id = database.<String>transaction(tx -> {
            var run = life.lockOpen(tx, scope, wanted.flowRunId())
                    .flatMap(open -> runs.find(tx, scope, wanted.flowRunId()))
                    .orElseThrow(() -> MillraceException.notFound("flow_run", wanted.flowRunId()))
                    .run();
            var until = wanted.resumeDateTime();
            if (until != null && until.isAfter(run.created().plus(maxPause))) {
                throw MillraceException.of(
                        ErrorCode.PAUSED_FLOW_TIMEOUT_EXCEEDED,
                        "A run can't be paused for more than " + maxPause.toDays() + " days");
            }
            return waitpoints.open(tx, ids.random(), wanted);
        });
        return new NewWaitpoint.Opened(id, publicUrl + "/api/v1/flow-runs/" + wanted.flowRunId() + "/waitpoints/" + id);
    }
}
