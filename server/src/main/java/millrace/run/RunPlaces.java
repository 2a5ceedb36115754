package millrace.run;

import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import millrace.database.Ids;
import millrace.engine.Resumption;
import millrace.journal.RunHeader;
import millrace.nativepiece.StepRun;
import org.jspecify.annotations.Nullable;

/** Shows native pieces the run that they are called in. */
public final class RunPlaces {
    private final Ids ids;
    private final InstantSource clock;
    private final URI publicUrl;

    /** @param publicUrl where links begin, without a slash at its end */
    public RunPlaces(Ids ids, InstantSource clock, URI publicUrl) {
        this.ids = ids;
        this.clock = clock;
        this.publicUrl = publicUrl;
    }

    StepRun of(RunHeader run, @Nullable Resumption resumed) {
        return new Place(run, clock.instant(), resumed);
    }

    private final class Place implements StepRun {
        private final RunHeader run;
        private final Instant now;
        private final @Nullable Resumption resumed;

        Place(RunHeader run, Instant now, @Nullable Resumption resumed) {
            this.run = run;
            this.now = now;
            this.resumed = resumed;
        }

        @Override
        public String id() {
            return run.runId();
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public @Nullable Resumption resumed() {
            return resumed;
        }

        @Override
        public Waitpoint newWaitpoint() {
            var id = ids.random();
            var base = publicUrl + "/api/v1/flow-runs/" + run.runId();
            return new Waitpoint(id, base + "/waitpoints/" + id, base + "/requests/" + id);
        }
    }
}
