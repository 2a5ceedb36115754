package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.dateTime;
import static millrace.nativepiece.Property.number;
import static millrace.nativepiece.Property.staticDropdown;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.Input;
import millrace.nativepiece.JsNumber;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;

/**
 * Waits: {@code @activepieces/piece-delay} (reference/core-pieces §6). A short wait holds the run's slot, a longer one
 * pauses the run.
 */
final class DelayPiece {
    private static final Duration LONGEST_FOR_IN_PLACE = Duration.ofSeconds(10);
    private static final Duration LONGEST_UNTIL_IN_PLACE = Duration.ofSeconds(60);
    /** More than any pause may last. */
    private static final double CENTURY_IN_MILLIS = 3.15e12;

    static final Piece DELAY = piece("@activepieces/piece-delay", "Delay")
            .described("Use it to delay the execution of the next action")
            .version("0.3.22")
            .category("CORE")
            .action(pure("delayFor", "Delay For")
                    .described("Delays the execution of the next action for a given duration")
                    .errorHandlingHidden()
                    .prop(staticDropdown("unit")
                            .displayed("Unit")
                            .required()
                            .initially("seconds")
                            .option("Seconds", "seconds")
                            .option("Minutes", "minutes")
                            .option("Hours", "hours")
                            .option("Days", "days"))
                    .prop(number("delayFor").displayed("Amount").required())
                    .runs(DelayPiece::delayFor))
            .action(pure("delay_until", "Delay Until")
                    .described("Delays the execution of the next action until a given timestamp")
                    .errorHandlingHidden()
                    .prop(dateTime("delayUntilTimestamp")
                            .displayed("Date and Time")
                            .required())
                    .runs(DelayPiece::delayUntil))
            .build();

    private DelayPiece() {}

    private static StepResult delayFor(Input in, ActionCall call) {
        var unit = in.text("unit", "seconds");
        double millis = in.number("delayFor")
                * switch (unit) {
                    case "seconds" -> 1_000;
                    case "minutes" -> 60_000;
                    case "hours" -> 3_600_000;
                    case "days" -> 86_400_000;
                    default -> throw PieceFailure.ofField("unit", "is none of seconds, minutes, hours and days");
                };
        if (millis < 0) {
            throw PieceFailure.ofField("delayFor", "must not be negative");
        }
        var output = Json.object();
        output.set("delayForInMs", JsNumber.json(millis));
        var delay = Duration.ofMillis((long) Math.min(millis, CENTURY_IN_MILLIS));
        return wait(call, delay, LONGEST_FOR_IN_PLACE, output.put("success", true));
    }

    private static StepResult delayUntil(Input in, ActionCall call) {
        var text = Objects.requireNonNull(in.text("delayUntilTimestamp"));
        var delay = Duration.between(call.run().now(), Instant.parse(text));
        return wait(
                call,
                delay,
                LONGEST_UNTIL_IN_PLACE,
                Json.object().put("delayTill", text).put("success", true));
    }

    private static StepResult wait(ActionCall call, Duration delay, Duration longestInPlace, JsonNode output) {
        if (call.run().resumed() != null || call.run().stepTest() || !delay.isPositive()) {
            return new StepResult.Succeeded(output);
        }
        if (delay.compareTo(longestInPlace) > 0) {
            var until = call.run().now().plus(delay);
            return new StepResult.Paused(call.run().newWaitpoint().id(), until, null, null, List.of());
        }
        try {
            Thread.sleep(delay);
            return new StepResult.Succeeded(output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PieceFailure("The wait was interrupted");
        }
    }
}
