package millrace.archive;

import java.util.List;

/**
 * A table as it lies in an archive.
 *
 * @param key the columns of its primary key: no two rows agree in them
 */
record TableShape(String name, List<String> key, List<Column> columns) {
    TableShape {
        key = List.copyOf(key);
        columns = List.copyOf(columns);
    }

    record Column(String name, ColumnType type) {}

    List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }

    /** Where the column stands in a row, or -1. */
    int indexOf(String column) {
        return columnNames().indexOf(column);
    }
}
