package millrace.piece;

import static millrace.piece.Hosts.LONG;
import static millrace.piece.Hosts.code;
import static millrace.piece.Hosts.failure;
import static millrace.piece.Hosts.output;
import static millrace.piece.Hosts.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import millrace.config.SandboxSettings.ExecutionMode;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import millrace.engine.StepResult;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class HostPoolTest {
    private static final String ADD = "export const code = async (inputs) => inputs.n + 1;";
    private static HostPool pool;

    @BeforeAll
    static void start() {
        pool = Hosts.pool();
        pool.warmUp();
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    private static <T> List<T> together(List<Callable<T>> calls) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<T>>();
            for (var call : calls) {
                all.add(threads.submit(call));
            }
            var results = new ArrayList<T>();
            for (var one : all) {
                results.add(one.get());
            }
            return results;
        }
    }

    private static Callable<StepResult> adding(HostPool pool, int n) {
        return () -> pool.runCode(code(ADD, "{\"n\":" + n + "}", LONG));
    }

    @Test
    void two_hundred_calls_at_a_time_each_get_their_own_answer() throws Exception {
        var results =
                together(IntStream.range(0, 200).mapToObj(n -> adding(pool, n)).toList());

        for (var n = 0; n < 200; n++) {
            assertThat(output(results.get(n)).intValue()).isEqualTo(n + 1);
        }
    }

    @Test
    void two_hundred_sleeping_calls_sleep_side_by_side() throws Exception {
        var source = "export const code = async () => { await new Promise((r) => setTimeout(r, 1000)); return 1; }";
        var began = System.nanoTime();

        var results = together(IntStream.range(0, 200)
                .<Callable<StepResult>>mapToObj(n -> () -> run(pool, source))
                .toList());

        assertThat(results)
                .allSatisfy(result -> assertThat(output(result).intValue()).isEqualTo(1));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void typescript_is_transpiled() {
        var source = """
                interface Person { name: string }
                enum Greeting { Hello = 'Hello' }
                export const code = async (inputs: Person): Promise<string> => `${Greeting.Hello} ${inputs.name}`;
                """;

        var result = pool.runCode(code(source, "{\"name\":\"Grüße 🚀\"}", LONG));

        assertThat(output(result).textValue()).isEqualTo("Hello Grüße 🚀");
    }

    @Test
    void the_error_of_a_step_holds_message_name_frames_and_what_was_printed() {
        var result = run(pool, """
                export const code = async () => {
                  console.log('stdout line', { a: [1] });
                  console.error('stderr line');
                  throw new TypeError('Error after logging');
                };""");

        assertThat(failure(result)).contains("Error after logging", "stdout line { a: [ 1 ] }", "stderr line");
        var friendly = ((StepResult.Failed) result).error().friendly();
        assertThat(friendly.get("errorName").textValue()).isEqualTo("TypeError");
        assertThat(friendly.get("raw").textValue()).contains("code.ts:4").doesNotContain("calls.js");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "export const code = async () => { throw 'just text'; } | just text",
                "export const code = async () => { throw { message: 'of an object' }; } | of an object",
                "export const code = async () => { throw undefined; } | undefined",
                "export const code = () => Promise.reject(new Error('rejected here')); | rejected here",
                "export const code = async () => { setTimeout(() => { JSON.parse('not json') }, 10); await new Promise(() => {}); } | Unexpected token",
                "export const code = async () => { Promise.reject(new Error('nobody caught')); await new Promise(() => {}); } | nobody caught",
                "export const code = async () => { queueMicrotask(() => { throw new Error('in a microtask') }); await new Promise(() => {}); } | in a microtask",
                "export const code = async () => { process.exit(3); } | process.exit(3)",
                "export const code = async () => { try { process.exit(3) } catch {} return 1; } | process.exit(3)",
                "export const code = async () => missingVariable + 1; | missingVariable",
                "const nothing = 1; | exports no function",
                "export const code = async () => { return ( }; | can not be compiled",
                "const cp = require('child_process'); export const code = async () => 1; | child_process",
                "import fs from 'node:fs'; export const code = async () => fs.readFileSync('/etc/passwd'); | fs",
                "export const code = async () => (await import('node:worker_threads')).Worker; | worker_threads",
                "export const code = async () => { const a = {}; a.a = a; return a; } | circular",
                "export const code = async () => 'z'.repeat(30000000); | MB",
                "export const code = async () => { let a = 1; for (let i = 0; i < 300; i++) a = [a]; return a; } | can not be kept",
            })
    void the_step_fails_with_a_message(String source, String part) {
        assertThat(failure(run(pool, source))).contains(part);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "export const code = async () => ({ at: new Date(0), u: undefined, f() {}, b: 12n }); | {\"at\":\"1970-01-01T00:00:00.000Z\",\"b\":\"12\"}",
                "exports.code = (i) => i; | {}",
                "export const code = () => undefined; | null",
                "export const code = () => NaN; | null",
                "import { createHash } from 'crypto'; export const code = () => createHash('sha256').update('a').digest('hex').slice(0, 4); | \"ca97\"",
                "export const code = () => require('node:util').format('%s!', 1); | \"1!\"",
                "export const code = () => Object.keys(process.env).length; | 0",
                "export const code = () => Buffer.from('a').toString('base64'); | \"YQ==\"",
            })
    void the_step_succeeds_with(String source, String output) {
        assertThat(output(run(pool, source))).isEqualTo(Json.read(output));
    }

    @Test
    void prototype_pollution_through_inputs_and_code_reaches_nobody() {
        var source = """
                export const code = async (inputs) => {
                  const merged = {};
                  for (const key of Object.keys(inputs)) {
                    for (const inner of Object.keys(inputs[key])) {
                      try { merged[key][inner] = inputs[key][inner]; } catch {}
                    }
                  }
                  try { Array.prototype.map = () => 'stolen'; } catch {}
                  try { globalThis.left = 'behind'; } catch {}
                  return [({}).polluted ?? null, [1].map((x) => x), typeof left];
                };""";
        var input = "{\"__proto__\":{\"polluted\":true},\"constructor\":{\"prototype\":{\"polluted\":true}}}";

        for (var i = 0; i < 2; i++) {
            assertThat(output(pool.runCode(code(source, input, LONG))))
                    .isEqualTo(Json.read("[null,[1],\"undefined\"]"));
        }
    }

    @Test
    void nothing_of_a_call_is_there_in_the_next() {
        var source = "let calls = 0; export const code = async () => ++calls;";

        assertThat(output(run(pool, source)).intValue()).isEqualTo(1);
        assertThat(output(run(pool, source)).intValue()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "export const code = async () => { while (true) {} };",
                "export const code = async () => { while (true) await null; };",
                "const f = () => Promise.resolve().then(f); export const code = () => f();",
                "while (true) {}; export const code = () => 1;",
                "export const code = () => new Promise(() => {});",
                "export const code = () => { const f = () => setTimeout(f); f(); return new Promise(() => {}); };",
                "export const code = async () => { typeof process; while (true) {} };",
                "export const code = async () => { typeof process; while (true) await null; };",
            })
    void an_endless_step_times_out_and_harms_no_other(String endless) throws Exception {
        var calls = new ArrayList<Callable<StepResult>>();
        calls.add(() -> pool.runCode(code(endless, "{}", Duration.ofMillis(1_500))));
        IntStream.range(0, 20).forEach(n -> calls.add(adding(pool, n)));

        var results = together(calls);

        assertThat(results.getFirst())
                .isInstanceOfSatisfying(
                        StepResult.Broken.class,
                        broken -> assertThat(broken.status()).isEqualTo(RunStatus.TIMEOUT));
        for (var n = 0; n < 20; n++) {
            assertThat(output(results.get(n + 1)).intValue()).isEqualTo(n + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "export const code = async () => { const all = []; while (true) all.push(new Array(1e5).fill({})); };",
                "export const code = async () => { typeof process; const all = []; while (true) all.push('x'.repeat(1e6) + Math.random()); };",
            })
    void a_memory_bomb_ends_its_own_step_alone(String bomb) throws Exception {
        var calls = new ArrayList<Callable<StepResult>>();
        calls.add(() -> run(pool, bomb));
        IntStream.range(0, 20).forEach(n -> calls.add(adding(pool, n)));

        var results = together(calls);

        assertThat(results.getFirst())
                .isInstanceOfSatisfying(
                        StepResult.Broken.class,
                        broken -> assertThat(broken.status()).isEqualTo(RunStatus.MEMORY_LIMIT_EXCEEDED));
        for (var n = 0; n < 20; n++) {
            assertThat(output(results.get(n + 1)).intValue()).isEqualTo(n + 1);
        }
    }

    @Test
    void a_host_that_is_killed_loses_no_call() throws Exception {
        var slow = "export const code = async ({ n }) => { await new Promise((r) => setTimeout(r, 700)); return n; };";
        var calls = new ArrayList<Callable<StepResult>>();
        for (var n = 0; n < 50; n++) {
            var input = "{\"n\":" + n + "}";
            calls.add(() -> pool.runCode(code(slow, input, LONG)));
        }
        // Its 200 arrays of 1e6 numbers are far beyond the limit.
        calls.add(() ->
                run(pool, "export const code = () => Array.from({ length: 200 }, () => new Array(1e6).fill(1.5));"));

        var results = together(calls);

        for (var n = 0; n < 50; n++) {
            assertThat(output(results.get(n)).intValue()).isEqualTo(n);
        }
        assertThat(results.getLast()).isInstanceOf(StepResult.Broken.class);
    }

    @Test
    void expressions_are_evaluated_over_the_state() {
        var state = (ObjectNode) Json.read("""
                {"trigger":{"output":{"list":[3,1,2],"price":9007199254740993}},"step_1":{"output":{"a":{"b":"c"}}}}""");
        var sources = List.of(
                "trigger.output.list.sort()",
                "trigger.output.list[0] + 1",
                "step_1.output.a.b.toUpperCase()",
                "missing.x",
                "step_1.output.nothing",
                "1 +",
                "1); (2",
                "(() => { throw 1 })()",
                "flattenNestedKeys(step_1.output, ['a', 'b'])",
                "step_1.output.a.b.constructor.constructor('return process')()",
                "import('fs')",
                "null");

        var values = pool.evaluate("project", sources, state, LONG);

        assertThat(values)
                .containsOnlyKeys(
                        "trigger.output.list.sort()",
                        "trigger.output.list[0] + 1",
                        "step_1.output.a.b.toUpperCase()",
                        "flattenNestedKeys(step_1.output, ['a', 'b'])",
                        "null");
        assertThat(values).containsEntry("trigger.output.list[0] + 1", Json.read("4"));
        assertThat(values.get("flattenNestedKeys(step_1.output, ['a', 'b'])")).isEqualTo(Json.read("[\"c\"]"));
    }

    @Test
    void an_endless_expression_is_a_timeout() {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> pool.evaluate(
                        "project", List.of("(() => { while (true) {} })()"), Json.object(), Duration.ofSeconds(2)))
                .isInstanceOfSatisfying(
                        HostFailure.class,
                        failure -> assertThat(failure.result())
                                .isInstanceOfSatisfying(
                                        StepResult.Broken.class,
                                        broken -> assertThat(broken.status()).isEqualTo(RunStatus.TIMEOUT)));
    }

    @Test
    void an_expression_whose_value_is_too_deep_fails_its_step() {
        var deep = "(() => { let a = 1; for (let i = 0; i < 300; i++) a = [a]; return a })()";

        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> pool.evaluate("project", List.of(deep), Json.object(), LONG))
                .isInstanceOfSatisfying(
                        HostFailure.class,
                        failure -> assertThat(failure.result()).isInstanceOf(StepResult.Failed.class));
    }

    @Test
    void strict_mode_refuses_loopback_by_any_name() {
        for (var url : List.of(
                "http://127.0.0.1:54321/",
                "http://localhost:54321/",
                "http://2130706433:54321/",
                "http://[::1]:54321/")) {
            var result = run(pool, "export const code = () => fetch('" + url + "').then((r) => r.status);");
            assertThat(failure(result)).contains("refused (AP_NETWORK_MODE");
        }
    }

    @Test
    void an_interrupted_caller_leaves_at_once_and_harms_no_host() throws Exception {
        var done = new java.util.concurrent.CompletableFuture<StepResult>();
        var caller = Thread.ofVirtual()
                .start(() -> done.complete(run(pool, "export const code = () => new Promise(() => {});")));
        assertThat(output(run(pool, ADD.replace("inputs.n", "1"))).intValue()).isEqualTo(2);

        caller.interrupt();

        assertThat(failure(done.get())).contains("interrupted");
        assertThat(output(run(pool, ADD.replace("inputs.n", "1"))).intValue()).isEqualTo(2);
    }

    @Test
    void without_a_wall_everything_is_effectful_and_works_the_same() {
        try (var open = new HostPool(Hosts.settings(ExecutionMode.UNSANDBOXED, 256))) {
            assertThat(open.walled()).isFalse();
            assertThat(open.effectful(ADD, "")).isTrue();
            assertThat(output(open.runCode(code(ADD, "{\"n\":1}", LONG))).intValue())
                    .isEqualTo(2);
            assertThat(open.evaluate("project", List.of("1 + 1"), Json.object(), LONG))
                    .containsEntry("1 + 1", Json.read("2"));
            assertThat(failure(run(open, "require('fs')"))).contains("'fs'");
        }
    }
}
