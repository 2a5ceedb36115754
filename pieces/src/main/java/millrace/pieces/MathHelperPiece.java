package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.number;

import java.util.function.DoubleBinaryOperator;
import java.util.random.RandomGenerator;
import millrace.nativepiece.ActionDefinition;
import millrace.nativepiece.JsNumber;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;

/** Arithmetic on two numbers, as JavaScript does it: {@code @activepieces/piece-math-helper}. */
final class MathHelperPiece {
    private MathHelperPiece() {}

    static Piece of(RandomGenerator random) {
        return piece("@activepieces/piece-math-helper", "Math Helper")
                .described("Perform mathematical operations")
                .version("0.0.1")
                .category("CORE")
                .action(operation("addition_math", "Addition", (first, second) -> first + second))
                // Second minus first: published flows rely on it (reference/core-pieces.md, 14).
                .action(operation("subtraction_math", "Subtraction", (first, second) -> second - first))
                .action(operation("multiplication_math", "Multiplication", (first, second) -> first * second))
                .action(operation("division_math", "Division", MathHelperPiece::quotient))
                .action(operation("modulo_math", "Modulo", (first, second) -> first % second))
                .action(operation(
                        "generateRandom_math",
                        "Generate Random Number",
                        (min, max) -> Math.floor(random.nextDouble() * (max - min + 1) + min)))
                .build();
    }

    private static double quotient(double first, double second) {
        if (second == 0) {
            throw PieceFailure.ofField("second_number", "The second number cannot be zero");
        }
        return first / second;
    }

    private static ActionDefinition operation(String name, String displayName, DoubleBinaryOperator operator) {
        return pure(name, displayName)
                .errorHandlingHidden()
                .prop(number("first_number").required())
                .prop(number("second_number").required())
                .run(in ->
                        JsNumber.json(operator.applyAsDouble(in.number("first_number"), in.number("second_number"))));
    }
}
