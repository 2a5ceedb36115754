package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a step.
 *
 * @param path the step's name after those of the loops around it: {@code loop[41]/send} is its 42nd execution
 * @param type CODE, PIECE, ROUTER, LOOP_ON_ITEMS or PIECE_TRIGGER
 * @param status as in the run's {@code steps}
 * @param input null when it is not known here
 * @param output of a loop, how many iterations it has gone through
 * @param duration milliseconds
 * @param errorMessage the friendly error as JSON text
 */
public record ExecutedStep(
        String path,
        String type,
        String status,
        @Nullable JsonNode input,
        @Nullable JsonNode output,
        long duration,
        @Nullable String errorMessage) {}
