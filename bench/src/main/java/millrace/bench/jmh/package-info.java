/** Benchmarks of the engine's parts that every step goes through; {@code ./millrace bench jmh} runs them. */
@NullMarked
package millrace.bench.jmh;

import org.jspecify.annotations.NullMarked;
