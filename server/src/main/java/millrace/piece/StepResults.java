package millrace.piece;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import millrace.engine.StepError;
import millrace.engine.StepResult;

/** From what a host answered, or how it was lost, to what the step's record says. */
final class StepResults {
    private StepResults() {}

    static StepResult of(Outcome outcome, Duration timeout) {
        return switch (outcome) {
            case Outcome.Answered(var frame) -> frame.kind() == Frame.OK ? succeeded(frame) : failed(frame);
            case Outcome.TimedOut() ->
                new StepResult.Broken(
                        RunStatus.TIMEOUT, StepError.of("The step took longer than " + seconds(timeout) + " s"));
            case Outcome.Lost(var reason, var memory) ->
                memory
                        ? new StepResult.Broken(
                                RunStatus.MEMORY_LIMIT_EXCEEDED,
                                StepError.of("The step needed more memory than AP_SANDBOX_MEMORY_LIMIT allows"))
                        : new StepResult.Failed(StepError.of("The process that ran the step ended: " + reason));
            case Outcome.Interrupted() -> new StepResult.Failed(StepError.of("The step was interrupted"));
        };
    }

    private static String seconds(Duration timeout) {
        var text = String.valueOf(timeout.toMillis() / 1000.0);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    private static StepResult succeeded(Frame frame) {
        JsonNode output;
        try {
            output = Json.read(frame.fields().getFirst());
        } catch (IllegalArgumentException e) {
            return new StepResult.Failed(StepError.of("The output can not be kept: " + e.getMessage()));
        }
        return new StepResult.Succeeded(output);
    }

    private static StepResult failed(Frame frame) {
        var message = frame.text(0);
        var printed = frame.text(3).strip();
        var raw = frame.text(2);
        if (!printed.isEmpty()) {
            var tail = "\n\nThe step printed:\n" + printed;
            message += tail;
            raw += tail;
        }
        return new StepResult.Failed(StepError.of(message, frame.text(1), raw));
    }
}
