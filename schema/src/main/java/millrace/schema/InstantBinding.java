package millrace.schema;

import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jooq.BindingGetResultSetContext;
import org.jooq.BindingSQLContext;
import org.jooq.BindingSetStatementContext;
import org.jooq.Converter;
import org.jooq.SQLDialect;
import org.jooq.impl.AbstractBinding;
import org.jooq.impl.AbstractConverter;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * A moment: timestamptz on PostgreSQL, microseconds since 1970 as an integer on SQLite. Nanoseconds are cut, not
 * rounded, on both, so that a stored moment is never later than the one given.
 */
public final class InstantBinding extends AbstractBinding<OffsetDateTime, Instant> {
    private static final long serialVersionUID = 1;
    private static final Converter<OffsetDateTime, Instant> CONVERTER = new InstantConverter();

    @Override
    public Converter<OffsetDateTime, Instant> converter() {
        return CONVERTER;
    }

    /** Microseconds since 1970, as SQLite stores a moment. */
    public static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1_000);
    }

    /** The moment of {@link #micros}. */
    public static Instant ofMicros(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L);
    }

    @Override
    protected void sqlInline(BindingSQLContext<Instant> ctx) {
        if (ctx.family() == SQLDialect.SQLITE) {
            ctx.render().visit(DSL.inline(ctx.value() == null ? null : micros(ctx.value())));
        } else {
            ctx.render().visit(DSL.inline(CONVERTER.to(ctx.value())));
        }
    }

    @Override
    protected void sqlBind(BindingSQLContext<Instant> ctx) {
        ctx.render().sql(ctx.variable());
        if (ctx.family() == SQLDialect.POSTGRES) {
            ctx.render().sql("::timestamptz");
        }
    }

    @Override
    public void set(BindingSetStatementContext<Instant> ctx) throws SQLException {
        var statement = ctx.statement();
        if (ctx.value() == null) {
            statement.setNull(ctx.index(), ctx.family() == SQLDialect.SQLITE ? Types.BIGINT : Types.TIMESTAMP);
        } else if (ctx.family() == SQLDialect.SQLITE) {
            statement.setLong(ctx.index(), micros(ctx.value()));
        } else {
            statement.setObject(ctx.index(), CONVERTER.to(ctx.value()));
        }
    }

    @Override
    public void get(BindingGetResultSetContext<Instant> ctx) throws SQLException {
        if (ctx.family() == SQLDialect.SQLITE) {
            long micros = ctx.resultSet().getLong(ctx.index());
            ctx.value(ctx.resultSet().wasNull() ? null : ofMicros(micros));
        } else {
            ctx.value(CONVERTER.from(ctx.resultSet().getObject(ctx.index(), OffsetDateTime.class)));
        }
    }

    private static final class InstantConverter extends AbstractConverter<OffsetDateTime, Instant> {
        private static final long serialVersionUID = 1;

        InstantConverter() {
            super(OffsetDateTime.class, Instant.class);
        }

        @Override
        public @Nullable Instant from(@Nullable OffsetDateTime value) {
            return value == null ? null : value.toInstant();
        }

        @Override
        public @Nullable OffsetDateTime to(@Nullable Instant value) {
            return value == null ? null : value.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
        }
    }
}
