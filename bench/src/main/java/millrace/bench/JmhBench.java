package millrace.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.Main;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** The benchmarks of the engine's parts. */
@Command(description = "JMH on expressions, conditions and the journal's encoding; takes JMH's own options.")
final class JmhBench implements Callable<Integer> {
    @Unmatched
    private List<String> options = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        Main.main(options.toArray(String[]::new));
        return 0;
    }
}
