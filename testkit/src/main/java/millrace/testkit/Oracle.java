package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import millrace.engine.RunStatus;

/** Remembers what servers promised, and compares it with what happened, what they list and what they stored. */
final class Oracle {
    /** Of runs without any doubt, one in so many has its log read. */
    private static final int LOGS_ONE_IN = 10;

    private static final String GIVEN_UP = "The process ended 3 times in this step.";

    private final Map<Integer, TorturedFlow> accepted = new ConcurrentHashMap<>();
    private final List<String> broken = Collections.synchronizedList(new ArrayList<>());
    private int givenUp;
    private int unseen;
    private Stored stored = new Stored("", Map.of());

    /** What the world saw of one idempotency key. */
    private static final class Sent {
        final EffectLog.Effect first;
        final int place;
        final Set<Integer> answers = new HashSet<>();
        int times;

        Sent(EffectLog.Effect first, int place) {
            this.first = first;
            this.place = place;
        }
    }

    /**
     * What steps have put into the database, by the numbers of their webhooks.
     *
     * @param entry the numbers in the entry of the key-value store
     * @param records the numbers in the table, by the ids of its records
     */
    record Stored(String entry, Map<String, Integer> records) {
        Stored {
            records = Map.copyOf(records);
        }

        List<Integer> entries() {
            return Stream.of(entry.split(TorturedFlow.MARK))
                    .filter(number -> !number.isEmpty())
                    .map(Integer::valueOf)
                    .toList();
        }
    }

    /** A server said that it has the webhook. */
    void accepted(int number, TorturedFlow flow) {
        accepted.put(number, flow);
    }

    int accepted() {
        return accepted.size();
    }

    /** Runs that were taken over too often in the same step. */
    int givenUp() {
        return givenUp;
    }

    void broken(String promise) {
        broken.add(promise);
    }

    List<String> broken() {
        return List.copyOf(broken);
    }

    /**
     * Everything has ended.
     *
     * @param sent the highest number of a webhook that was sent
     * @param runs of each flow, as the API lists them
     * @param doubts how often each key was listed as in doubt
     * @param stored what the entry of the key-value store and the table hold
     */
    void check(
            Client owner,
            int sent,
            List<EffectLog.Effect> effects,
            Map<TorturedFlow, List<JsonNode>> runs,
            Map<String, Integer> doubts,
            Stored stored) {
        var byKey = byKey(effects, sent);
        byKey.forEach((key, one) -> {
            var allowed = 1 + doubts.getOrDefault(key, 0);
            if (one.times > allowed) {
                broken(key + " was sent " + one.times + " times, listed in doubt " + (allowed - 1) + " times");
            }
        });
        var told = new HashMap<List<Integer>, Integer>();
        for (var one : byKey.values()) {
            told.put(List.of(one.first.number(), one.first.step()), one.first.saw());
            saw(effects, one.first);
        }
        this.stored = stored;
        runs.forEach((flow, all) -> check(owner, flow, all, byKey, doubts, told));
    }

    /** Each run of the flow that went past its step is in there once; one that was given up, at most once. */
    private void checkStored(String where, Collection<Integer> numbers, Set<Integer> succeeded, Set<Integer> served) {
        var times = new HashMap<Integer, Integer>();
        numbers.forEach(number -> times.merge(number, 1, Integer::sum));
        times.forEach((number, count) -> {
            if (count > 1 || !served.contains(number)) {
                broken("webhook " + number + " is in the " + where + " " + count + " times");
            }
        });
        for (var number : succeeded) {
            if (!times.containsKey(number)) {
                broken("webhook " + number + " is missing in the " + where);
            }
        }
    }

    private Map<String, Sent> byKey(List<EffectLog.Effect> effects, int sent) {
        var byKey = new LinkedHashMap<String, Sent>();
        for (int i = 0; i < effects.size(); i++) {
            var effect = effects.get(i);
            if (effect.number() < 1 || effect.number() > sent) {
                broken("an effect of a webhook that was never sent: " + effect);
            }
            var place = i;
            var one = byKey.computeIfAbsent(effect.key(), key -> new Sent(effect, place));
            one.times++;
            one.answers.add(effect.answer());
            if (one.first.number() != effect.number()
                    || one.first.step() != effect.step()
                    || one.first.saw() != effect.saw()) {
                broken(effect.key() + " was sent as " + one.first + " and as " + effect);
            }
        }
        return byKey;
    }

    /** An effect mentions an answer that the effect before it has got. */
    private void saw(List<EffectLog.Effect> effects, EffectLog.Effect effect) {
        if (effect.step() == 1) {
            return;
        }
        var before = effect.saw() < 1 || effect.saw() > effects.size() ? null : effects.get(effect.saw() - 1);
        if (before == null || before.number() != effect.number() || before.step() != effect.step() - 1) {
            broken(effect + " mentions the answer of " + before);
        }
    }

    private void check(
            Client owner,
            TorturedFlow flow,
            List<JsonNode> runs,
            Map<String, Sent> byKey,
            Map<String, Integer> doubts,
            Map<List<Integer>, Integer> told) {
        var served = new HashSet<Integer>();
        var succeeded = new HashSet<Integer>();
        unseen = 0;
        int nth = 0;
        for (var run : runs) {
            var id = run.path("id").asText();
            var keys = flow.steps().stream().map(step -> id + "/" + step + "/1").toList();
            if (!served(run, keys, byKey, served)) {
                continue;
            }
            succeeded.add(
                    Objects.requireNonNull(byKey.get(keys.getFirst())).first.number());
            var doubtful = keys.stream()
                    .anyMatch(key -> doubts.containsKey(key) || Objects.requireNonNull(byKey.get(key)).times > 1);
            if (doubtful || nth++ % LOGS_ONE_IN == 0) {
                var first = Objects.requireNonNull(byKey.get(keys.getFirst())).first;
                checkLog(owner.run(id), flow, first.number(), told);
            }
        }
        if (flow.stores()) {
            checkStored("store", stored.entries(), succeeded, served);
            checkStored("table", stored.records().values(), succeeded, served);
        }
        // A run that was given up before its first effect does not say whose it was.
        accepted.forEach((number, its) -> {
            if (its.equals(flow) && !served.contains(number) && --unseen < 0) {
                broken("webhook " + number + " was accepted and has no run");
            }
        });
    }

    /** Whether the run was taken over too often in the same step, or failed because the run that it called was. */
    private static boolean givenUp(String status, String message) {
        return status.equals(RunStatus.INTERNAL_ERROR.name())
                ? message.equals(GIVEN_UP)
                : status.equals(RunStatus.FAILED.name()) && message.equals("The called flow failed: " + GIVEN_UP);
    }

    /** Whether the run ended well and its effects, all of one webhook, came in order. */
    private boolean served(JsonNode run, List<String> keys, Map<String, Sent> byKey, Set<Integer> served) {
        var id = run.path("id").asText();
        var status = run.path("status").asText();
        if (givenUp(status, run.path("failedStep").path("message").asText())) {
            givenUp++;
            var numbers = byKey.values().stream()
                    .filter(one -> one.first.key().startsWith(id + "/"))
                    .map(one -> one.first.number())
                    .toList();
            served.addAll(numbers);
            unseen += numbers.isEmpty() ? 1 : 0;
            return false;
        }
        if (!status.equals(RunStatus.SUCCEEDED.name())) {
            broken("run " + id + " ended " + status + " " + run.path("failedStep"));
            return false;
        }
        int before = -1;
        var numbers = new HashSet<Integer>();
        for (var key : keys) {
            var sent = byKey.get(key);
            if (sent == null || sent.place < before) {
                broken("run " + id + " has no effect " + key + ", or it came too early");
                return false;
            }
            before = sent.place;
            numbers.add(sent.first.number());
        }
        if (numbers.size() != 1) {
            broken("run " + id + " is of the webhooks " + numbers);
        } else if (!served.addAll(numbers)) {
            broken("webhook " + numbers + " had two runs, one is " + id);
        }
        return true;
    }

    /** The log tells the answers that the steps after them have seen, and what the store and the table held. */
    private void checkLog(JsonNode run, TorturedFlow flow, int number, Map<List<Integer>, Integer> told) {
        if (flow.stores()) {
            var seen = run.at("/steps/store/output").asText();
            if (!stored.entry().startsWith(seen)
                    || !(TorturedFlow.MARK + seen).endsWith(TorturedFlow.MARK + number + TorturedFlow.MARK)) {
                broken("run " + run.path("id").asText() + " of webhook " + number + " says that the store held "
                        + seen);
            }
            var record = run.at("/steps/record/output/0/id").asText();
            if (!Integer.valueOf(number).equals(stored.records().get(record))) {
                broken("run " + run.path("id").asText() + " of webhook " + number + " says that it made the record "
                        + record);
            }
        }
        for (var answer : flow.answers()) {
            var seen = told.get(List.of(number, answer.step() + 1));
            var logged = TorturedFlow.told(run, answer);
            if (seen != null && seen != logged) {
                broken("run " + run.path("id").asText() + " says that step " + answer.name() + " was answered " + logged
                        + ", and went on with " + seen);
            }
        }
    }

    void compare(String what, long found, long expected) {
        if (found != expected) {
            broken(what + ": " + found + " instead of " + expected);
        }
    }
}
