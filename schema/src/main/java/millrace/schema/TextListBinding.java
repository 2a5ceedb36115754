package millrace.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.stream.Stream;
import org.jooq.BindingGetResultSetContext;
import org.jooq.BindingSQLContext;
import org.jooq.BindingSetStatementContext;
import org.jooq.Converter;
import org.jooq.SQLDialect;
import org.jooq.impl.AbstractBinding;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** A list of strings: varchar[] on PostgreSQL, a JSON array as text on SQLite. */
@SuppressWarnings({"unchecked", "rawtypes"}) // the class of List<String> exists only raw
public final class TextListBinding extends AbstractBinding<String[], List<String>> {
    private static final long serialVersionUID = 1;
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Converter<String[], List<String>> CONVERTER = Converter.ofNullable(
            String[].class,
            (Class<List<String>>) (Class) List.class,
            TextListBinding::fromArray,
            TextListBinding::toArray);

    @Override
    public Converter<String[], List<String>> converter() {
        return CONVERTER;
    }

    @Override
    protected void sqlInline(BindingSQLContext<List<String>> ctx) {
        if (ctx.family() == SQLDialect.SQLITE) {
            ctx.render().visit(DSL.inline(json(ctx.value())));
        } else {
            ctx.render().visit(DSL.inline(CONVERTER.to(ctx.value())));
        }
    }

    @Override
    protected void sqlBind(BindingSQLContext<List<String>> ctx) {
        ctx.render().sql(ctx.variable());
        if (ctx.family() == SQLDialect.POSTGRES) {
            ctx.render().sql("::varchar[]");
        }
    }

    @Override
    public void set(BindingSetStatementContext<List<String>> ctx) throws SQLException {
        var statement = ctx.statement();
        var list = ctx.value();
        if (list == null) {
            statement.setNull(ctx.index(), ctx.family() == SQLDialect.SQLITE ? Types.VARCHAR : Types.ARRAY);
        } else if (ctx.family() == SQLDialect.SQLITE) {
            statement.setString(ctx.index(), json(list));
        } else {
            statement.setArray(ctx.index(), statement.getConnection().createArrayOf("varchar", toArray(list)));
        }
    }

    @Override
    public void get(BindingGetResultSetContext<List<String>> ctx) throws SQLException {
        if (ctx.family() == SQLDialect.SQLITE) {
            ctx.value(list(ctx.resultSet().getString(ctx.index())));
        } else {
            var array = ctx.resultSet().getArray(ctx.index());
            ctx.value(array == null ? null : fromArray((String[]) array.getArray()));
        }
    }

    private static List<String> fromArray(String[] array) {
        return Stream.of(array).map(StorableText::load).toList();
    }

    private static String[] toArray(List<String> list) {
        return list.stream().map(StorableText::store).toArray(String[]::new);
    }

    private static @Nullable String json(@Nullable List<String> list) {
        try {
            return list == null ? null : MAPPER.writeValueAsString(toArray(list));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a list could not be written", e);
        }
    }

    private static @Nullable List<String> list(@Nullable String json) {
        try {
            return json == null ? null : fromArray(MAPPER.readValue(json, String[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored list could not be read", e);
        }
    }
}
