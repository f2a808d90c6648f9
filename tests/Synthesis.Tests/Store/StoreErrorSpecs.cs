using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Store;

public sealed class StoreErrorSpecs
{
    [Theory]
    [InlineData(28, ErrorKind.NoSpace)]
    [InlineData(122, ErrorKind.NoSpace)]
    [InlineData(5, ErrorKind.Unexpected)]
    public async Task Errors_of_the_file_system_are_reported_with_kind_and_cause(int number, ErrorKind kind)
    {
        var cause = new IOException("refused", number);
        var error = await Should.ThrowAsync<CloudletException>(new RuntimeStore("/nowhere").TryAsync<int>("try it", () => throw cause));
        (error.Kind, error.InnerException).ShouldBe((kind, cause));
        error.Message.ShouldStartWith("can't try it: ");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/with,comma")]
    [InlineData("with,comma")]
    public void A_store_path_must_not_contain_a_comma(string path) =>
        Should.Throw<CloudletException>(() => new RuntimeStore(path)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void A_folder_that_qemu_cannot_traverse_is_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: only then QEMU runs as another user");
        using var folder = new TempDir();
        var path = Directory
            .CreateDirectory(folder["store"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
            .FullName;
        Should.Throw<CloudletException>(() => new RuntimeStore(path).Stage()).Message.ShouldContain($"chmod o+x {path}");
    }

    [Fact]
    public void Unpublished_work_is_removed()
    {
        using var folder = new TempDir();
        var store = new RuntimeStore(folder["store"]);
        using (var staged = store.Stage())
            File.WriteAllText(staged["file"], "x");
        Directory.GetFileSystemEntries(store.StagingFolder).ShouldBeEmpty();
    }
}
