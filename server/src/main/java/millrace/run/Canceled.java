package millrace.run;

import java.util.List;

/**
 * What a cancel has done.
 *
 * @param canceled how many runs are CANCELED now, those included that the named ones had started
 * @param stopping runs that go on until their process hears of it, or their step, which can't be stopped, ends
 */
public record Canceled(int canceled, List<String> stopping) {
    public Canceled {
        stopping = List.copyOf(stopping);
    }
}
