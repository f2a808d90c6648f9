using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Places;

namespace Cloudlet.Stores.Tests;

/// <summary>Names of places.</summary>
public sealed class StorePlaceSpecs
{
    [Theory]
    [InlineData("file:///srv/bases", "file:///srv/bases", null)]
    [InlineData("/srv/bases/#counter", "file:///srv/bases", "counter")]
    [InlineData("/srv/with space", "file:///srv/with space", null)]
    [InlineData("https://images.example/bases#0123abcd", "https://images.example/bases/", "0123abcd")]
    [InlineData("s3://images/some/prefix/#base/counter", "s3://images/some/prefix/", "base/counter")]
    [InlineData("s3://images", "s3://images/", null)]
    [InlineData("oci://registry.example:5000/cloudlet/lab#overlay/app", "oci://registry.example:5000/cloudlet/lab", "overlay/app")]
    public void A_place_has_a_store_and_may_name_an_item(string text, string store, string? item)
    {
        var place = StorePlace.Parse(text);

        place.Item.ShouldBe(item);
        using var opened = place.Open(Options());
        opened.Place.ShouldBe(store);
    }

    [Theory]
    [InlineData("counter")]
    [InlineData("ftp://host/x")]
    [InlineData("oci://host:5000")]
    [InlineData("oci://host:5000/Upper")]
    [InlineData("oci://host:5000/a/../b/..")]
    [InlineData("s3:///prefix")]
    [InlineData("s3://images/a b")]
    [InlineData("file://host/share")]
    [InlineData("/srv#../x")]
    [InlineData("/srv#a/b")]
    [InlineData("/srv#")]
    [InlineData("https://host/?token=x")]
    public void Anything_else_is_refused(string text) =>
        Should.Throw<CloudletException>(() => StorePlace.Parse(text).Open(Options()).Dispose()).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void A_password_in_a_place_is_refused_and_not_repeated() =>
        Should.Throw<CloudletException>(() => StorePlace.Parse("https://me:Xq7-s3cret@host/bases")).Message.ShouldNotContain("Xq7-s3cret");

    [Theory]
    [InlineData("http://192.0.2.1:8080", false, false)]
    [InlineData("http://192.0.2.1:8080", true, true)]
    [InlineData("http://127.0.0.1:8080", false, true)]
    [InlineData("https://192.0.2.1:8080", false, true)]
    public void An_endpoint_without_tls_needs_loopback_or_permission(string endpoint, bool insecure, bool isAllowed)
    {
        var place = StorePlace.Parse("s3://images");
        var options = Options(endpoint) with { AllowsPlainHttp = insecure };

        if (isAllowed)
            place.Open(options).Dispose();
        else
            Should.Throw<CloudletException>(() => place.Open(options)).Message.ShouldContain("--insecure");
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("A")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("0123456789012345678901234567890123456789x")]
    public void A_name_can_not_lead_out_of_a_store(string name)
    {
        ItemKey.TryCreate("base", new string('a', 64), name).ShouldBeNull();
        ItemKey.TryCreate("base", name, "counter").ShouldBeNull();
        Should.Throw<CloudletException>(() => ItemKey.Of(ItemKind.Base, new string('a', 64), name));
    }

    private static StoreOptions Options(string? endpoint = null) =>
        new()
        {
            Environment = name =>
                name switch
                {
                    "AWS_ACCESS_KEY_ID" or "AWS_SECRET_ACCESS_KEY" => "x",
                    "AWS_ENDPOINT_URL" => endpoint,
                    _ => null,
                },
        };
}
