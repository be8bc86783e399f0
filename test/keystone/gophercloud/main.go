// Keeps an image, shares it with another project and removes it again, as programs do that are built on gophercloud,
// such as Terraform's provider. Prints a line a step, as keystone.sh does. OS_* name the owner; ALT_USERNAME,
// ALT_PROJECT_NAME and ALT_PROJECT_ID who it is shared with, by the same password.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/members"
)

// check tells how a step went, and ends with the first that went wrong: the others stand on it.
func check(sentence string, err error) {
	if err != nil {
		fmt.Printf("FAIL gophercloud: %s\n     %v\n", sentence, err)
		os.Exit(1)
	}
	fmt.Printf("ok   gophercloud: %s\n", sentence)
}

func expect(isRight bool, format string, a ...any) error {
	if isRight {
		return nil
	}
	return fmt.Errorf(format, a...)
}

// login gives the image service that the catalogue names.
func login(ctx context.Context, user, project string) (*gophercloud.ServiceClient, error) {
	provider, err := openstack.AuthenticatedClient(ctx, gophercloud.AuthOptions{
		IdentityEndpoint: os.Getenv("OS_AUTH_URL"),
		Username:         user,
		Password:         os.Getenv("OS_PASSWORD"),
		DomainID:         "default",
		Scope:            &gophercloud.AuthScope{ProjectName: project, DomainID: "default"},
	})
	if err != nil {
		return nil, err
	}
	return openstack.NewImageV2(provider, gophercloud.EndpointOpts{Region: os.Getenv("OS_REGION_NAME")})
}

func listed(ctx context.Context, client *gophercloud.ServiceClient, opts images.ListOpts, id string) (bool, error) {
	pages, err := images.List(client, opts).AllPages(ctx)
	if err != nil {
		return false, err
	}
	all, err := images.ExtractImages(pages)
	return slices.ContainsFunc(all, func(image images.Image) bool { return image.ID == id }), err
}

func isListed(ctx context.Context, client *gophercloud.ServiceClient, opts images.ListOpts, id string, want bool) error {
	got, err := listed(ctx, client, opts, id)
	if err != nil {
		return err
	}
	return expect(got == want, "listed: %v", got)
}

func download(ctx context.Context, client *gophercloud.ServiceClient, id string, want []byte) error {
	body, err := imagedata.Download(ctx, client, id).Extract()
	if err != nil {
		return err
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return expect(bytes.Equal(got, want), "%d bytes came back, of which some differ", len(got))
}

func act(ctx context.Context, client *gophercloud.ServiceClient, id, action string) error {
	response, err := client.Post(ctx, client.ServiceURL("images", id, "actions", action), nil, nil,
		&gophercloud.RequestOpts{OkCodes: []int{http.StatusNoContent}})
	if err == nil {
		err = response.Body.Close()
	}
	return err
}

func main() {
	ctx := context.Background()
	owner, err := login(ctx, os.Getenv("OS_USERNAME"), os.Getenv("OS_PROJECT_NAME"))
	check("the owner logs in and finds the service", err)
	partner, err := login(ctx, os.Getenv("ALT_USERNAME"), os.Getenv("ALT_PROJECT_NAME"))
	check("so does a user of another project", err)
	partnerID := os.Getenv("ALT_PROJECT_ID")

	visibility := images.ImageVisibilityShared
	image, err := images.Create(ctx, owner, images.CreateOpts{
		Name: "gopher", DiskFormat: "raw", ContainerFormat: "bare", Visibility: &visibility,
		Tags: []string{"red"}, Properties: map[string]string{"os_type": "linux"},
	}).Extract()
	check("an image is created", err)
	data := make([]byte, 3<<20)
	_, _ = rand.Read(data)
	check("its data is uploaded, with no length told", imagedata.Upload(ctx, owner, image.ID, bytes.NewReader(data)).ExtractErr())
	image, err = images.Get(ctx, owner, image.ID).Extract()
	if err == nil {
		err = expect(image.Status == images.ImageStatusActive && image.SizeBytes == int64(len(data)) && image.Checksum != "",
			"%+v", image)
	}
	check("it is active, of the right size and with a checksum", err)
	check("it is listed by name and tag", isListed(ctx, owner, images.ListOpts{Name: "gopher", Tags: []string{"red"}}, image.ID, true))

	image, err = images.Update(ctx, owner, image.ID, images.UpdateOpts{
		images.ReplaceImageName{NewName: "renamed"},
		images.ReplaceImageTags{NewTags: []string{"blue", "green"}},
		images.ReplaceImageMinDisk{NewMinDisk: 2},
		images.UpdateImageProperty{Op: images.AddOp, Name: "os_distro", Value: "debian"},
		images.UpdateImageProperty{Op: images.RemoveOp, Name: "os_type"},
	}).Extract()
	if err == nil {
		_, stays := image.Properties["os_type"]
		err = expect(image.Name == "renamed" && len(image.Tags) == 2 && image.MinDiskGigabytes == 2 && !stays &&
			image.Properties["os_distro"] == "debian", "%+v", image)
	}
	check("name, tags, disk and properties are changed at once", err)

	_, err = images.Get(ctx, partner, image.ID).Extract()
	check("the other project sees none of it", expect(gophercloud.ResponseCodeIs(err, http.StatusNotFound), "%v", err))
	member, err := members.Create(ctx, owner, image.ID, partnerID).Extract()
	if err == nil {
		err = expect(member.Status == "pending" && member.MemberID == partnerID, "%+v", member)
	}
	check("it is shared", err)
	all := images.ListOpts{Visibility: images.ImageVisibilityShared}
	check("the other project does not list it yet", isListed(ctx, partner, all, image.ID, false))
	check("but does when it asks for what is pending", isListed(ctx, partner,
		images.ListOpts{Visibility: images.ImageVisibilityShared, MemberStatus: images.ImageMemberStatusPending}, image.ID, true))
	_, err = members.Update(ctx, partner, image.ID, partnerID, members.UpdateOpts{Status: "accepted"}).Extract()
	check("it accepts", err)
	check("and lists it now", isListed(ctx, partner, all, image.ID, true))
	check("and downloads what was uploaded", download(ctx, partner, image.ID, data))
	err = images.Delete(ctx, partner, image.ID).ExtractErr()
	check("but may not delete it", expect(gophercloud.ResponseCodeIs(err, http.StatusForbidden), "%v", err))

	check("the owner deactivates it", act(ctx, owner, image.ID, "deactivate"))
	err = download(ctx, owner, image.ID, data)
	check("then nobody downloads it", expect(gophercloud.ResponseCodeIs(err, http.StatusForbidden), "%v", err))
	check("and reactivates it", act(ctx, owner, image.ID, "reactivate"))
	check("then it is downloaded again", download(ctx, owner, image.ID, data))

	check("it is no longer shared", members.Delete(ctx, owner, image.ID, partnerID).ExtractErr())
	check("the owner deletes it", images.Delete(ctx, owner, image.ID).ExtractErr())
	_, err = images.Get(ctx, owner, image.ID).Extract()
	check("it is gone", expect(gophercloud.ResponseCodeIs(err, http.StatusNotFound), "%v", err))
}
