package millrace;

import java.time.InstantSource;
import millrace.database.RunTables;
import millrace.journal.Waits;
import millrace.nativepiece.HttpSender;

/**
 * What stands between the server and the world. {@code ./millrace torture} puts its faults here: a class of the testkit
 * that {@code -Dmillrace.surroundings=…} names. Without the property, everything is what it is.
 */
public interface Surroundings {
    /** The wall clock of this machine. */
    default InstantSource clock() {
        return InstantSource.system();
    }

    /** How the threads that work on runs wait. */
    default Waits waits() {
        return Waits.SYSTEM;
    }

    /** The way to the outside. */
    default HttpSender sender(HttpSender guarded) {
        return guarded;
    }

    /** The statements on run tables. */
    default RunTables tables(RunTables tables) {
        return tables;
    }

    /** Those that the system property names, else the real ones. */
    static Surroundings find() {
        var name = System.getProperty("millrace.surroundings");
        if (name == null) {
            return new Surroundings() {};
        }
        try {
            return (Surroundings) Class.forName(name).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no surroundings of the name " + name, e);
        }
    }
}
