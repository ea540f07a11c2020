/** Parquet by ranges: the footer first, then only the chunks of the columns and rows that are asked for. */
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer } from "hyparquet";
import type { PreviewFile } from "./preview-file.ts";
import { readBytes } from "./read.ts";

export interface ParquetTable {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Cells of the rows from `start` to (not including) `end`, in the order of `columns`. */
  readonly read: (columns: readonly string[], start: number, end: number, signal: AbortSignal) => Promise<unknown[][]>;
}

const bufferOf = (file: PreviewFile, signal: AbortSignal): AsyncBuffer => ({
  byteLength: file.size,
  slice: async (start, end = file.size) => {
    const from = start < 0 ? file.size + start : start;
    return (await readBytes(file, signal, from, end)).buffer;
  },
});

/** Reads what a Parquet file holds. @throws Error for what is none */
export const openParquet = async (file: PreviewFile, signal: AbortSignal): Promise<ParquetTable> => {
  const metadata = await parquetMetadataAsync(bufferOf(file, signal));
  const columns = parquetSchema(metadata).children.map(({ element }) => ({
    name: element.name,
    type: (element.logical_type?.type ?? element.converted_type ?? element.type ?? "nested").toLowerCase(),
  }));
  return {
    rows: Number(metadata.num_rows),
    columns,
    read: async (wanted, rowStart, rowEnd, readSignal) => {
      if (wanted.length === 0 || rowEnd <= rowStart) return [];
      const rows = await parquetReadObjects({
        file: bufferOf(file, readSignal),
        metadata,
        columns: [...wanted],
        rowStart,
        rowEnd,
      });
      return rows.map((row) => wanted.map((name): unknown => row[name]));
    },
  };
};
