import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { allPages, api, ApiError, unwrap, type Schema } from "../api/client";

export type Organization = Schema<"OrganizationOut">;
export type OrganizationMember = Schema<"OrganizationMemberOut">;

const KEY = ["organizations"] as const;
const MOST = 10_000;
const pathOf = (id: string) => ({ params: { path: { organization_id: id } } });

/** All for those who run the server, else those that one is an admin of. */
export function useOrganizations() {
  return useQuery({
    queryKey: KEY,
    staleTime: 60_000,
    queryFn: () => allPages((limit, offset) => unwrap(api.GET("/api/v1/organizations/", { params: { query: { limit, offset } } })), MOST),
  });
}

export function useOrganizationMembers(id: string) {
  return useQuery({
    queryKey: [...KEY, id, "members"],
    queryFn: () => allPages((limit, offset) => unwrap(api.GET("/api/v1/organizations/{organization_id}/members/", { params: { path: { organization_id: id }, query: { limit, offset } } })), MOST),
  });
}

export function useOrganizationKeys(id: string) {
  return useQuery({
    queryKey: [...KEY, id, "keys"],
    queryFn: () => allPages((limit, offset) => unwrap(api.GET("/api/v1/organizations/{organization_id}/api-keys/", { params: { path: { organization_id: id }, query: { limit, offset } } }))),
  });
}

export function useCreateOrganization() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; allowed_provisioning_domains: string[] }) => unwrap(api.POST("/api/v1/organizations/", { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

export function useUpdateOrganization(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<"OrganizationUpdate">) => unwrap(api.PATCH("/api/v1/organizations/{organization_id}/", { ...pathOf(id), body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

type MemberChange = { user: string; isAdmin: boolean } | { email: string; isAdmin: boolean };

/** Makes a user a member, and an admin or not. Fails for an address without an account. */
export function useSetOrganizationAdmin(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (change: MemberChange) => {
      const user = "user" in change ? change.user : await userOf(change.email);
      const path = { organization_id: id, user_id: user };
      return unwrap(api.PUT("/api/v1/organizations/{organization_id}/members/{user_id}/", { params: { path }, body: { is_admin: change.isAdmin } }));
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: [...KEY, id, "members"] }),
  });
}

/** Ends a membership; the account stays. */
export function useRemoveOrganizationMember(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (user: string) => unwrap(api.DELETE("/api/v1/organizations/{organization_id}/members/{user_id}/", { params: { path: { organization_id: id, user_id: user } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: [...KEY, id, "members"] }),
  });
}

/** The id of the account with this address. */
async function userOf(email: string): Promise<string> {
  const found = await unwrap(api.GET("/api/v1/users/", { params: { query: { search: email, limit: 200 } } }));
  const user = found.results.find((each) => each.email.toLowerCase() === email.toLowerCase());
  if (!user) throw new ApiError(404, email);
  return user.id;
}

export function useOrganizationKeyActions(id: string) {
  const cache = useQueryClient();
  const onSuccess = () => cache.invalidateQueries({ queryKey: [...KEY, id, "keys"] });
  const make = useMutation({ onSuccess, mutationFn: (name: string) => unwrap(api.POST("/api/v1/organizations/{organization_id}/api-keys/", { ...pathOf(id), body: { name } })) as Promise<unknown> as Promise<Schema<"NewKeyOut">> });
  const remove = useMutation({ onSuccess, mutationFn: (key: string) => unwrap(api.DELETE("/api/v1/organizations/{organization_id}/api-keys/{key_id}/", { params: { path: { organization_id: id, key_id: key } } })) });
  return { make, remove };
}
