package millrace.config;

import java.util.List;

/** The settings can't be used; the message names every fault in one line and holds no secret. */
public final class BadSettings extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The exit code of a process that refuses its settings (EX_CONFIG of sysexits.h). */
    public static final int EXIT_CODE = 78;

    private final transient List<String> faults;

    public BadSettings(List<String> faults) {
        super(text(faults));
        this.faults = List.copyOf(faults);
    }

    public List<String> faults() {
        return faults;
    }

    private static String text(List<String> faults) {
        return faults.size() == 1
                ? "bad setting: " + faults.getFirst()
                : faults.size() + " bad settings: " + String.join("; ", faults);
    }
}
