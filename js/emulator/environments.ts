import type {
  EnvironmentDescription,
  FieldDescription,
  ItemDescription,
  VariableDescription,
  VaultDescription,
} from "./description.js";
import { ownOf } from "./own.js";

/** The template of an Environment's item (assumed). */
const TEMPLATE = "112";
/** The title of the section that holds the variables (assumed): no title matters. */
const SECTION = "variables";

/** An Environment as the vault that it is. */
export function toVaultDescription(environment: EnvironmentDescription): VaultDescription {
  const { name, id, variables } = environment;
  const items = variables === undefined ? [] : [toItem(environment, variables)];
  return ownOf({ name, type: "environment", items, ...(id === undefined ? {} : { id }) });
}

function toItem(
  { name, itemId, templateUuid = TEMPLATE }: EnvironmentDescription,
  variables: Record<string, string> | VariableDescription[],
): ItemDescription {
  const fields = toList(variables).map(toField);
  const sections = [{ title: SECTION, fields }];
  const item = { title: name, templateUuid, sections };
  return itemId === undefined ? item : { ...item, id: itemId };
}

function toList(variables: Record<string, string> | VariableDescription[]): VariableDescription[] {
  if (Array.isArray(variables)) return variables;
  return Object.entries(variables).map(([name, value]) => ownOf({ name, value }));
}

function toField({ name, value, masked = true, kind, id }: VariableDescription): FieldDescription {
  const field = { title: name, value, kind: kind ?? (masked ? "concealed" : "string") };
  return id === undefined ? field : { ...field, id };
}
