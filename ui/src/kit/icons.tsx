// Line icons, 20 by 20, drawn here so that there are only those in use.
import type { SVGProps } from "react";

type IconProps = SVGProps<SVGSVGElement> & { size?: number };

function icon(paths: string[], fill = false) {
  return function Icon({ size = 18, ...rest }: IconProps) {
    return (
      <svg viewBox="0 0 20 20" width={size} height={size} fill={fill ? "currentColor" : "none"} stroke="currentColor" strokeWidth={1.6} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false" {...rest}>
        {paths.map((path) => (
          <path key={path} d={path} />
        ))}
      </svg>
    );
  };
}

export const AskIcon = icon(["M3.5 4.5h13v9h-7l-3.5 3v-3h-2.5z", "M6.5 7.75h7M6.5 10.25h4.5"]);
export const SearchIcon = icon(["M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12z", "M13.5 13.5 17 17"]);
export const LibraryIcon = icon(["M4 3.5h3v13H4zM8.5 3.5h3v13h-3z", "m13 4.2 2.8-.7 2.2 12.4-2.8.7z"]);
export const GridIcon = icon(["M3 4h14v12H3z", "M3 8h14M3 12h14M8 4v12M12.500 4v12"]);
export const KnowledgeIcon = icon(["M10 5.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM4.500 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM15.500 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4z", "M9 5.300 5.400 13.200M11 5.300l3.600 7.900M6.500 15h7"]);
export const ReviewIcon = icon(["M4 3.5h12v13H4z", "m7 10 2.2 2.2L13.2 8"]);
export const AgentIcon = icon(["M4.5 6.5h11v9h-11z", "M10 6.5v-3M7.8 10.5v1.2M12.2 10.5v1.2"]);
export const SettingsIcon = icon(["M3 6h8M15 6h2M3 14h2M9 14h8", "M13 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"]);
export const MissingIcon = icon(["M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15z", "M7.700 7.800c.2-1.3 1.2-2 2.400-2 1.300 0 2.300.8 2.300 2.100 0 1.700-2.300 1.900-2.300 3.600", "M10.100 14v.1"]);
export const SendIcon = icon(["M10 16V4M5 9l5-5 5 5"]);
export const StopIcon = icon(["M6 6h8v8H6z"], true);
export const PlusIcon = icon(["M10 4v12M4 10h12"]);
export const CloseIcon = icon(["m5 5 10 10M15 5 5 15"]);
export const CheckIcon = icon(["m4 10.5 4 4 8-9"]);
export const WarnIcon = icon(["M10 3 2.5 16.5h15z", "M10 8v4M10 14.2v.1"]);
export const DownIcon = icon(["m5 8 5 5 5-5"]);
export const RightIcon = icon(["m8 5 5 5-5 5"]);
export const LeftIcon = icon(["m12 5-5 5 5 5"]);
export const UpIcon = icon(["m5 12 5-5 5 5"]);
export const MoreIcon = icon(["M5 10h.01M10 10h.01M15 10h.01"]);
export const CopyIcon = icon(["M7 7h9.5v9.5H7z", "M13 7V3.5H3.5V13H7"]);
export const RetryIcon = icon(["M16 10a6 6 0 1 1-1.8-4.3", "M16.5 2.8v3.4h-3.4"]);
export const EditIcon = icon(["M4 16h3l9-9-3-3-9 9z", "m11.5 5.5 3 3"]);
export const ThumbUpIcon = icon(["M3.5 9h3v7.5h-3z", "M6.5 9.5 10 3c1.4 0 2 1 1.8 2.200L11.3 8h4c1 0 1.7 1 1.4 2l-1.5 5.200c-.2.8-.9 1.3-1.7 1.300h-7"]);
export const ThumbDownIcon = icon(["M16.5 11h-3V3.500h3z", "M13.5 10.5 10 17c-1.4 0-2-1-1.8-2.200L8.7 12h-4c-1 0-1.7-1-1.4-2l1.5-5.200c.2-.8.9-1.3 1.7-1.300h7"]);
export const ShareIcon = icon(["M14.5 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5.5 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM14.5 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4z", "m7.3 9 5.4-3M7.3 11l5.4 3"]);
export const ArchiveIcon = icon(["M3 4h14v3.500H3z", "M4.5 7.500v8.500h11V7.500M8 11h4"]);
export const TrashIcon = icon(["M4 5.500h12M8 5.500V3.500h4v2", "m5.5 5.5.7 11h7.600l.7-11"]);
export const UploadIcon = icon(["M10 13V4M6 7.5 10 3.500l4 4", "M3.5 13v3.500h13V13"]);
export const DownloadIcon = icon(["M10 3.500v9M6 9l4 4 4-4", "M3.5 13v3.500h13V13"]);
export const FileIcon = icon(["M5 2.500h6.500L15.5 6.500v11H5z", "M11.5 2.500v4h4"]);
export const ClipIcon = icon(["M15.5 9.500 9.8 15.200a3.5 3.5 0 0 1-5-5L11 4a2.300 2.300 0 0 1 3.300 3.300l-6 6a1.100 1.100 0 0 1-1.600-1.600l5.300-5.200"]);
export const FolderIcon = icon(["M2.5 5h5l1.5 2h8.500v9h-15z"]);
export const BellIcon = icon(["M5 8.500a5 5 0 0 1 10 0c0 4 1.5 5 1.5 5h-13S5 12.5 5 8.500z", "M8.3 16a1.9 1.9 0 0 0 3.4 0"]);
export const UserIcon = icon(["M10 10a3.2 3.2 0 1 0 0-6.400A3.2 3.2 0 0 0 10 10z", "M3.8 16.800c.8-3 3.2-4.3 6.2-4.300s5.4 1.3 6.2 4.3"]);
export const MenuIcon = icon(["M3 5.500h14M3 10h14M3 14.500h14"]);
export const ZoomInIcon = icon(["M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12z", "M13.5 13.5 17 17M6.5 9h5M9 6.500v5"]);
export const ZoomOutIcon = icon(["M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12z", "M13.5 13.5 17 17M6.5 9h5"]);
export const RotateIcon = icon(["M15.5 11.500A6 6 0 1 1 14 5.6", "M14.5 2.500v3.600H11"]);
export const FitIcon = icon(["M3 7V3.500h4M13 3.500h4V7M17 13v3.500h-4M7 16.500H3V13"]);
export const PagesIcon = icon(["M3.5 3.500h5v5.500h-5zM3.5 11.500h5v5h-5z", "M11.5 3.500h5v13h-5z"]);
export const TagIcon = icon(["M3.5 3.500h6l7 7-6 6-7-7z", "M6.8 6.800h.01"]);
export const OfflineIcon = icon(["M3 3l14 14", "M4.5 9A9 9 0 0 1 8 7M12 7a9 9 0 0 1 3.5 2M7 12a5 5 0 0 1 3-1M10 15h.01"]);
export const BulbIcon = icon(["M7.5 13.500h5M8 16.500h4", "M7.5 13.500c0-2-2-2.8-2-5.500a4.5 4.5 0 0 1 9 0c0 2.7-2 3.5-2 5.5"]);
export const LinkIcon = icon(["M8.5 11.500a3 3 0 0 0 4.3 0l2.7-2.700a3 3 0 0 0-4.3-4.300l-1 1", "M11.5 8.500a3 3 0 0 0-4.3 0l-2.7 2.700a3 3 0 0 0 4.3 4.300l1-1"]);
export const LockIcon = icon(["M5 9h10v7.500H5z", "M7 9V6.500a3 3 0 0 1 6 0V9"]);
export const PanelIcon = icon(["M3 4h14v12H3z", "M7.5 4v12"]);
