package millrace.database;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jooq.Field;
import org.jooq.Table;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** The table {@code schema_migration}. It is made by the runner, not by a change set, so no class is generated for it. */
final class MigrationLog {
    private static final Table<?> TABLE = table(name("schema_migration"));
    private static final Field<String> ID = field(name("id"), SQLDataType.VARCHAR);
    private static final Field<String> CHECKSUM = field(name("checksum"), SQLDataType.VARCHAR);
    private static final Field<Instant> APPLIED_AT = field(name("appliedAt"), PostgresDialect.INSTANT);
    private static final Field<Long> MILLIS = field(name("millis"), SQLDataType.BIGINT);

    private final Connection connection;
    private final Dialect dialect;

    MigrationLog(Connection connection, Dialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
    }

    /** All rows in order; none while there is no table. */
    static List<MigrationStatus.Applied> read(Connection connection, Dialect dialect) throws SQLException {
        try {
            return DSL.using(connection, dialect.sqlDialect())
                    .select(ID, CHECKSUM, APPLIED_AT)
                    .from(TABLE)
                    .orderBy(ID)
                    .fetch(row -> new MigrationStatus.Applied(row.value1(), row.value2(), row.value3()));
        } catch (DataAccessException e) {
            var cause = Failures.sqlCause(e);
            if (Failures.tableMissing(cause)) {
                return List.of();
            }
            if (cause != null) {
                throw cause;
            }
            throw e;
        }
    }

    void createTable() throws SQLException {
        var moment = dialect.postgres() ? "timestamptz" : "INTEGER";
        try (var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS schema_migration (id text NOT NULL PRIMARY KEY,"
                    + " checksum text NOT NULL, \"appliedAt\" " + moment + " NOT NULL, millis bigint NOT NULL)");
        }
    }

    void add(ChangeSet set, long millis) {
        DSL.using(connection, dialect.sqlDialect())
                .insertInto(TABLE, ID, CHECKSUM, APPLIED_AT, MILLIS)
                .values(DSL.val(set.id()), DSL.val(set.checksum()), dialect.now(), DSL.val(millis))
                .execute();
    }

    void remove(ChangeSet set) {
        DSL.using(connection, dialect.sqlDialect())
                .deleteFrom(TABLE)
                .where(ID.eq(set.id()))
                .execute();
    }
}
