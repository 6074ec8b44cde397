/** A table as fixtures know it. */
export interface Model {
  /** "app.model", as in bots.transaction. */
  readonly label: string;
  readonly table: string;
  /** Its primary key. */
  readonly key: string;
  /** Types of its columns, the key's too. */
  readonly columns: ReadonlyMap<string, string>;
}
