package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import millrace.database.RunFlush;
import millrace.engine.Command;
import millrace.engine.Effect;
import millrace.engine.Event;
import millrace.engine.JournalRecord;
import millrace.engine.Program;
import millrace.engine.StepResult;
import millrace.journal.RunHeader;

/** Where user code, expressions and pieces are executed. Calls block until they are answered. */
public interface Calls extends Program.Effects {
    /** JavaScript expressions: the values, or why there are none. */
    Event evaluate(String projectId, List<String> sources, ObjectNode state, Duration timeout);

    /**
     * @param began what the run is pinned to
     * @param contextKey names the code contexts of the version (or draft) that is executed
     */
    StepResult code(
            RunHeader run, JournalRecord.Began began, String contextKey, Command.CallCode call, Duration timeout);

    /**
     * @param began what the run is pinned to
     * @param idempotencyKey the same for every repetition of this attempt
     */
    StepResult piece(
            RunHeader run, JournalRecord.Began began, Command.CallPiece call, String idempotencyKey, Duration timeout);

    /**
     * Makes a change that a piece has asked for, within the transaction that makes its record durable.
     *
     * @return the step's output
     * @throws millrace.nativepiece.PieceFailure when the step fails; nothing is changed then
     */
    JsonNode change(String projectId, Effect.Change change, RunFlush.Rows rows);
}
