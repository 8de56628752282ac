import { fault } from "./checks.js";
import {
  type FieldDescription,
  type Fields,
  type FileContent,
  type ItemDescription,
  type ItemState,
  type SectionDescription,
  TEMPLATES,
} from "./description.js";
import { type Bytes, decodeBase64, utf8 } from "./encoding.js";
import { sealFile } from "./files.js";
import { mintId } from "./ids.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { ownOf } from "./own.js";

/** An item as the wire has it once opened. */
export interface PlainItem {
  templateUuid: string;
  trashed: string;
  overview: JsonObject;
  details: JsonObject;
  /** The sealed bytes of its files, by document id. */
  files: Map<string, Bytes>;
}

/** An item's state in the words of the wire. */
export const TRASHED: Record<ItemState, string> = {
  active: "N",
  alsoActive: "A",
  archived: "Y",
  trashed: "Y",
  deleted: "D",
};

/** The section of fields that stand outside the titled ones. */
const UNTITLED_SECTION_ID = "add more";

type Section = { name: string; title: string; fields: JsonObject[] };

/** Writes a described item in the words of the wire. */
export async function toPlainItem(item: ItemDescription): Promise<PlainItem> {
  const files = new Map<string, Bytes>();
  const category = item.category ?? (item.document === undefined ? "Login" : "Document");
  return {
    templateUuid: item.templateUuid ?? TEMPLATES[category],
    trashed: item.trashed ?? TRASHED[item.state ?? "active"],
    overview: item.overview ?? toOverview(item),
    details: item.details ?? (await toDetails(item, files)),
    files,
  };
}

function toOverview(item: ItemDescription): JsonObject {
  const overview: JsonObject = { title: item.title ?? "", ainfo: item.username ?? "" };
  if (item.tags !== undefined) overview["tags"] = item.tags;
  if (item.urls !== undefined && item.urls.length > 0) {
    const urls = item.urls.map((url) => (typeof url === "string" ? { url } : url));
    overview["url"] = urls[0]?.url ?? "";
    overview["URLs"] = urls.map(({ url, label, autofill }) => {
      return { l: label ?? "", u: url, ...(autofill === undefined ? {} : { m: autofill }) };
    });
  }
  return overview;
}

async function toDetails(item: ItemDescription, files: Map<string, Bytes>): Promise<JsonObject> {
  const { builtIn, others } = splitBuiltIn(item);
  const sections = new Sections(item.sections ?? []);
  for (const { section, ...field } of others) sections.add(section, toField(ownOf(field)));
  for (const { section, fieldId, title, ...content } of item.files ?? []) {
    const v = await addFile(ownOf(content), files);
    sections.add(section, { k: "file", n: fieldId ?? mintId(), t: title ?? content.name, v });
  }
  const details: JsonObject = { fields: builtIn, sections: sections.list };
  if (item.notes !== undefined) details["notesPlain"] = item.notes;
  if (item.document !== undefined) {
    details["documentAttributes"] = await addFile(item.document, files);
  }
  return details;
}

/** Parts a login's built-in fields from those that stand in sections. */
function splitBuiltIn(item: ItemDescription): {
  builtIn: JsonObject[];
  others: FieldDescription[];
} {
  const fields = item.fields ?? [];
  const short = ownOf(Array.isArray(fields) ? {} : fields);
  const username = item.username ?? short["username"];
  const password = item.password ?? short["password"];
  const builtIn: JsonObject[] = [];
  if (username !== undefined) builtIn.push(toBuiltIn("username", "T", username));
  if (password !== undefined) builtIn.push(toBuiltIn("password", "P", password));
  const isBuiltIn = ({ title }: FieldDescription) => title === "username" || title === "password";
  const others = Array.isArray(fields) ? fields : toList(fields).filter((f) => !isBuiltIn(f));
  return { builtIn, others };
}

function toBuiltIn(designation: string, type: string, value: string): JsonObject {
  return { name: designation, id: "", designation, type, value };
}

function toList(fields: Fields): FieldDescription[] {
  if (Array.isArray(fields)) return fields;
  return Object.entries(fields).map(([title, value]) => ({ title, value }));
}

function toField(field: FieldDescription): JsonObject {
  const kind = field.kind ?? "text";
  const id = field.id ?? mintId();
  const wire: JsonObject = { k: kind, n: id, t: field.title };
  if (kind === "text") wire["k"] = "string";
  if (kind === "otp") {
    // Nothing but its id tells a one-time password from another concealed field.
    wire["k"] = "concealed";
    wire["n"] = id.startsWith("TOTP") ? id : `TOTP_${id}`;
  }
  if (field.value !== undefined) wire["v"] = field.value as Json;
  if (field.attributes !== undefined) wire["a"] = field.attributes;
  return wire;
}

/** The sections of one item, found or made by title. */
class Sections {
  readonly list: Section[];

  constructor(described: SectionDescription[]) {
    this.list = described.map(({ title, id, fields }) => {
      return { name: id ?? mintId(), title, fields: toList(fields ?? []).map(toField) };
    });
  }

  add(title: string | undefined, field: JsonObject): void {
    const wanted = title ?? "";
    let section = this.list.find((known) => known.title === wanted);
    if (section === undefined) {
      section = { name: wanted === "" ? UNTITLED_SECTION_ID : mintId(), title: wanted, fields: [] };
      this.list.push(section);
    }
    section.fields.push(field);
  }
}

async function addFile(file: FileContent, files: Map<string, Bytes>): Promise<JsonObject> {
  const documentId = file.id ?? mintId();
  const { attributes, sealed } = await sealFile(file.name, documentId, contentOf(file));
  files.set(documentId, sealed);
  return attributes;
}

function contentOf({ content, base64 }: FileContent): Bytes {
  if (base64 !== undefined) return decodeBase64(base64);
  return typeof content === "string" ? utf8(content) : new Uint8Array(content ?? []);
}

/** Values that are to be different: of built-in fields, of the notes, of fields by title. */
export interface NewValues {
  username?: string;
  password?: string;
  notes?: string;
  fields?: Record<string, string>;
}

/** Changes values in an item's opened details, in place; throws if it has no such field. */
export function changeDetails(details: JsonObject, values: NewValues): void {
  const { notes, fields = {}, ...builtIn } = values;
  if (notes !== undefined) details["notesPlain"] = notes;
  const own = objectsOf(details["fields"]);
  for (const [designation, value] of Object.entries(builtIn)) {
    if (value === undefined) continue;
    const named = own.filter((field) => field["designation"] === designation);
    theField(named, designation)["value"] = value;
  }
  const others = objectsOf(details["sections"]).flatMap(({ fields }) => objectsOf(fields ?? []));
  for (const [title, value] of Object.entries(fields)) {
    const named = others.filter((field) => field["t"] === title);
    theField(named, `fields.${title}`)["v"] = value;
  }
}

function theField([first, ...others]: readonly JsonObject[], path: string): JsonObject {
  if (first === undefined) throw fault(`change.${path}`, "the item has no such field");
  if (others.length > 0) throw fault(`change.${path}`, "the item has several such fields");
  return first;
}

/** The ids of the files that an item's opened details name. */
export function documentIds(details: JsonObject | undefined): string[] {
  return fileAttributes(details).map(({ documentId }) => documentId as string);
}

/** What an item's opened details say of its files. */
export function fileAttributes(details: JsonObject | undefined): JsonObject[] {
  const sections = objectsOf(details?.["sections"]);
  const values = sections.flatMap(({ fields }) => objectsOf(fields)).map((field) => field["v"]);
  return objectsOf([...values, details?.["documentAttributes"]]).filter(
    ({ documentId }) => typeof documentId === "string",
  );
}

function objectsOf(list: unknown): JsonObject[] {
  return Array.isArray(list) ? (list.filter(isObject) as JsonObject[]) : [];
}
