package millrace.database;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.jooq.Configuration;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultConnectionProvider;

/** One open transaction. Lives as long as the call that it was handed to; used by one thread at a time. */
public final class Tx {
    private final Connection connection;
    private final Dialect dialect;
    private final DSLContext sql;
    private final List<Runnable> afterCommit = new ArrayList<>(0);

    Tx(Connection connection, Dialect dialect, Configuration configuration) {
        this.connection = connection;
        this.dialect = dialect;
        this.sql = DSL.using(configuration.derive(new DefaultConnectionProvider(connection)));
    }

    public DSLContext sql() {
        return sql;
    }

    /** What SQL says differently on the two databases. */
    public Dialect dialect() {
        return dialect;
    }

    /** For statements that the journal prepares by hand; never committed, rolled back or closed by the caller. */
    public Connection connection() {
        return connection;
    }

    /** Runs after this transaction is committed, in the order of the calls; not at all when it is rolled back. */
    public void afterCommit(Runnable news) {
        afterCommit.add(news);
    }

    void committed() {
        afterCommit.forEach(Runnable::run);
    }
}
