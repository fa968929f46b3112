// Menus, loaded when the first one is pointed at, focused or opened: until then a trigger is a plain button.
import { cloneElement, useEffect, useRef, useState, type ReactElement, type ReactNode, type RefObject } from "react";
import type * as Module from "./menu-base";

type Base = typeof Module;
let base: Base | null = null;

type TriggerProps = { onPointerEnter?: () => void; onFocus?: () => void; onClick?: () => void; "aria-haspopup"?: "menu"; "aria-expanded"?: boolean; ref?: RefObject<HTMLButtonElement | null> };
type MenuProps = { trigger: ReactElement; children: ReactNode; align?: "start" | "end" };

export function Menu({ trigger, children, align = "end" }: MenuProps) {
  const [loaded, setLoaded] = useState(base);
  const [isWanted, setWanted] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const hadFocus = useRef(false);
  const load = (opens: boolean) => {
    if (opens) setWanted(true);
    import("./menu-base").then(
      (module) => {
        base = module;
        hadFocus.current = document.activeElement === button.current;
        setLoaded(module);
      },
      // It is asked for again with the next click.
      () => setWanted(false),
    );
  };
  useEffect(() => {
    // The trigger has been drawn anew.
    if (loaded && hadFocus.current) button.current?.focus();
    hadFocus.current = false;
  }, [loaded]);
  const plain = trigger as ReactElement<TriggerProps>;
  if (!loaded) {
    return cloneElement(plain, { ref: button, onPointerEnter: () => load(false), onFocus: () => load(false), onClick: () => load(true), "aria-haspopup": "menu", "aria-expanded": false });
  }
  return (
    <loaded.MenuRoot trigger={cloneElement(plain, { ref: button })} align={align} isOpenAtFirst={isWanted}>
      {children}
    </loaded.MenuRoot>
  );
}

type Of<Part extends "MenuItem" | "MenuLine"> = Parameters<Base[Part]>[0];

export function MenuItem(props: Of<"MenuItem">) {
  return base ? <base.MenuItem {...props} /> : null;
}

export function MenuLine() {
  return base ? <base.MenuLine /> : null;
}

export function MenuRadio<Value extends string>(props: Module.MenuRadioProps<Value>) {
  return base ? <base.MenuRadio {...props} /> : null;
}
