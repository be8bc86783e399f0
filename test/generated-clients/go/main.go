// The main job, through the client that oapi-codegen made of the document as the service serves it.
//
// Its arguments are the service's address and the administrator's password. Prints a line a check; ends with 1 where
// one failed.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"

	"github.com/oapi-codegen/nullable"

	"example.org/main-job/glimpse"
)

var (
	ctx     = context.Background()
	service string
	failed  int
)

func check(sentence string, holds bool, why ...any) {
	if holds {
		fmt.Println("ok   go:", sentence)
		return
	}
	failed++
	fmt.Println("FAIL go:", sentence+":", fmt.Sprint(why...))
}

// must ends the job: what comes after needs it.
func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println("FAIL go:", err)
		os.Exit(1)
	}
	return value
}

func to[T any](value T) *T { return &value }

// as is a client whose requests carry the token. Errors are JSON for who says so; else they are text for people.
func as(token string) *glimpse.ClientWithResponses {
	return must(glimpse.NewClientWithResponses(service, glimpse.WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			request.Header.Set("Accept", "application/json")
			if token != "" {
				request.Header.Set("X-Auth-Token", token)
			}
			return nil
		})))
}

// asPatch is the type of a patch, which the generator knows as JSON (overlay.yaml).
func asPatch(_ context.Context, request *http.Request) error {
	request.Header.Set("Content-Type", "application/openstack-images-v2.1-json-patch")
	return nil
}

func login(name, password, project string) *glimpse.CreateTokenResponse {
	domain := &glimpse.DomainReference{Id: to("default")}
	scope := &glimpse.TokenAuth_Scope{}
	err := scope.FromTokenScope(glimpse.TokenScope{Project: &glimpse.ProjectReference{Name: &project, Domain: domain}})
	must(scope, err)
	user := glimpse.UserWithPassword{Name: &name, Password: password, Domain: domain}
	return must(as("").CreateTokenWithResponse(ctx, nil, glimpse.TokenRequest{Auth: glimpse.TokenAuth{
		Identity: glimpse.TokenIdentity{Methods: []string{"password"}, Password: &glimpse.PasswordProof{User: user}},
		Scope:    scope,
	}}))
}

func newImage(client *glimpse.ClientWithResponses, name string) *glimpse.CreateImageResponse {
	return must(client.CreateImageWithResponse(ctx, nil, glimpse.ImageCreate{
		Name:                 nullable.NewNullableWithValue(name),
		DiskFormat:           nullable.NewNullableWithValue(glimpse.DiskFormatRaw),
		ContainerFormat:      nullable.NewNullableWithValue(glimpse.ContainerFormatBare),
		Tags:                 &[]string{"generated"},
		AdditionalProperties: map[string]string{"os_shell": "fish"},
	}))
}

// pages has the ids of all images, a page at a time, each page after the last image of the one before.
func pages(client *glimpse.ClientWithResponses, limit int) (found [][]string) {
	params := &glimpse.ListImagesParams{Limit: &limit}
	for {
		page := must(client.ListImagesWithResponse(ctx, params)).JSON200
		ids := idsOf(page.Images)
		found = append(found, ids)
		if page.Next == nil {
			return found
		}
		params.Marker = &ids[len(ids)-1]
	}
}

func idsOf(images []glimpse.Image) []string {
	ids := []string{}
	for _, image := range images {
		ids = append(ids, image.Id)
	}
	return ids
}

func main() {
	service = os.Args[1]
	content := make([]byte, 8<<20)
	rand.Read(content)
	hash := sha512.Sum512(content)

	answer := login("admin", os.Args[2], "admin")
	check("logs in", answer.JSON201 != nil, answer.Status())
	check("reads what the token is for", answer.JSON201.Token.Project.Name.MustGet() == "admin")
	admin := as(answer.Headers201.XSubjectToken)

	wrong := login("admin", "wrong", "admin")
	check("is told that a password is wrong", wrong.JSON401 != nil && wrong.JSON401.Error.Code == 401, wrong.Status())

	created := newImage(admin, "from go")
	image := created.JSON201
	check("creates an image", image != nil && image.Status == glimpse.Queued, created.Status())
	shell, _ := image.Get("os_shell")
	check("gives it a property", shell == "fish", image)
	check("is told where it is", created.Headers201.Location == service+"/v2/images/"+image.Id)

	uploaded := must(admin.UploadImageDataWithBodyWithResponse(ctx, image.Id,
		&glimpse.UploadImageDataParams{XOpenstackImageSize: to(int64(len(content)))},
		"application/octet-stream", bytes.NewReader(content)))
	check("uploads 8 MiB", uploaded.StatusCode() == 204, uploaded.Status())

	shown := must(admin.ShowImageWithResponse(ctx, image.Id, nil)).JSON200
	check("shows it, active, of the size and the hash of what was sent",
		shown.Status == glimpse.Active && shown.Size.MustGet() == int64(len(content)) &&
			shown.OsHashValue.MustGet() == hex.EncodeToString(hash[:]), shown)

	expected := map[string]bool{image.Id: true}
	for number := range 4 {
		expected[newImage(admin, fmt.Sprint("page ", number)).JSON201.Id] = true
	}
	found := pages(admin, 2)
	check("lists five images in pages of two", len(found) == 3 && len(found[0]) == 2 && len(found[2]) == 1, found)
	once := map[string]bool{}
	for _, page := range found {
		for _, id := range page {
			once[id] = expected[id]
		}
	}
	check("finds each of them once", len(once) == 5 && !containsFalse(once), found)

	patched := must(admin.PatchImageWithResponse(ctx, image.Id, nil, glimpse.ImagePatch{
		{Op: glimpse.Replace, Path: "/name", Value: "renamed"},
		{Op: glimpse.Add, Path: "/os_type", Value: "linux"},
		{Op: glimpse.Remove, Path: "/os_shell"},
	}, asPatch))
	check("patches it", patched.JSON200 != nil && patched.JSON200.Name.MustGet() == "renamed" &&
		patched.JSON200.AdditionalProperties["os_type"] == "linux" &&
		patched.JSON200.AdditionalProperties["os_shell"] == "", patched.Status())
	must(admin.CreateTagWithResponse(ctx, image.Id, "blue", nil))
	tagged := must(admin.ListImagesWithResponse(ctx,
		&glimpse.ListImagesParams{Tag: &[]string{"blue", "generated"}})).JSON200.Images
	check("finds it by a tag that it gave it", len(tagged) == 1 && tagged[0].Id == image.Id, tagged)

	other, project := newUser(admin)
	hidden := must(other.ShowImageWithResponse(ctx, image.Id, nil))
	check("another project does not see it", hidden.JSON404 != nil && hidden.JSON404.Title == "Not Found", hidden.Status())
	member := must(admin.CreateMemberWithResponse(ctx, image.Id, nil, glimpse.MemberCreate{Member: project}))
	check("shares it", member.JSON200 != nil && member.JSON200.Status == glimpse.MemberStatusPending, member.Status())
	accepted := must(other.UpdateMemberWithResponse(ctx, image.Id, project, nil,
		glimpse.MemberUpdate{Status: glimpse.MemberUpdateStatusAccepted}))
	check("the other project accepts it", accepted.JSON200 != nil &&
		accepted.JSON200.Status == glimpse.MemberStatusAccepted, accepted.Status())
	members := must(admin.ListMembersWithResponse(ctx, image.Id, nil)).JSON200.Members
	check("which its owner sees", len(members) == 1 && members[0].MemberId == project, members)
	seen := must(other.ListImagesWithResponse(ctx, nil)).JSON200.Images
	check("and has it in its list", len(seen) == 1 && seen[0].Id == image.Id, seen)

	part := must(other.DownloadImageDataWithResponse(ctx, image.Id,
		&glimpse.DownloadImageDataParams{Range: to("bytes=1000-1999")}))
	check("downloads a range of it", part.StatusCode() == 206 && bytes.Equal(part.Body, content[1000:2000]) &&
		part.Headers206.ContentRange == fmt.Sprintf("bytes 1000-1999/%d", len(content)), part.Status())
	whole := must(other.DownloadImageDataWithResponse(ctx, image.Id, nil))
	check("downloads all of it", whole.StatusCode() == 200 && bytes.Equal(whole.Body, content), whole.Status())

	for id := range expected {
		must(admin.DeleteImageWithResponse(ctx, id, nil))
	}
	check("deletes all of them", len(must(admin.ListImagesWithResponse(ctx, nil)).JSON200.Images) == 0)
	gone := must(admin.ShowImageWithResponse(ctx, image.Id, nil))
	check("they are gone", gone.JSON404 != nil, gone.Status())

	if failed > 0 {
		os.Exit(1)
	}
}

// newUser is a client of somebody else, and the id of the project that they are a member of.
func newUser(admin *glimpse.ClientWithResponses) (*glimpse.ClientWithResponses, string) {
	project := must(admin.CreateProjectWithResponse(ctx, nil,
		glimpse.ProjectCreate{Project: glimpse.ProjectCreateAttributes{Name: "gophers"}})).JSON201.Project.Id
	user := must(admin.CreateUserWithResponse(ctx, nil, glimpse.UserCreate{User: glimpse.UserCreateAttributes{
		Name: "gus", Password: nullable.NewNullableWithValue("a long enough one"),
	}})).JSON201.User.Id
	role := must(admin.ListRolesWithResponse(ctx, &glimpse.ListRolesParams{Name: to("member")})).JSON200.Roles[0].Id
	must(admin.AssignRoleWithResponse(ctx, project, user, role, nil))
	answer := login("gus", "a long enough one", "gophers")
	check("makes a user of another project, and logs in as that", answer.JSON201 != nil, answer.Status())
	return as(answer.Headers201.XSubjectToken), project
}

func containsFalse(set map[string]bool) bool {
	for _, holds := range set {
		if !holds {
			return true
		}
	}
	return false
}
