import { useLingui } from "@lingui/react/macro";
import { SelectField } from "../kit/field";
import type { Permission } from "./use-settings";

export type Role = "reader" | "editor" | "admin";

export const ROLES: Record<Role, Permission[]> = {
  reader: ["CAN_VIEW_DATA"],
  editor: ["CAN_VIEW_DATA", "CAN_RUN_TASKS"],
  admin: ["CAN_VIEW_DATA", "CAN_RUN_TASKS", "CAN_PERFORM_ADMIN_ACTIONS"],
};

export function roleOf(permissions: readonly string[]): Role {
  if (permissions.includes("CAN_PERFORM_ADMIN_ACTIONS")) return "admin";
  return permissions.includes("CAN_RUN_TASKS") ? "editor" : "reader";
}

/** What each role may do in a project, in words. */
export function useRoleWords(): Record<Role, string> {
  const { t } = useLingui();
  return { reader: t`may ask and read`, editor: t`may also add documents`, admin: t`may also change everything` };
}

type Props = { label: string; value: Role; onChange: (role: Role) => void; hideLabel?: boolean };

export function RoleField({ label, value, onChange, hideLabel = false }: Props) {
  const words = useRoleWords();
  return (
    <SelectField className="w-64 max-w-full" label={label} hideLabel={hideLabel} value={value} onChange={(event) => onChange(event.target.value as Role)}>
      {Object.entries(words).map(([role, text]) => (
        <option key={role} value={role}>
          {text}
        </option>
      ))}
    </SelectField>
  );
}
