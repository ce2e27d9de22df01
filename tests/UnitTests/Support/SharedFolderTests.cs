using Ingest.TestSupport;

namespace Ingest.UnitTests.Support;

public sealed class SharedFolderTests
{
    [Fact]
    public void What_is_not_there_has_no_path() => Assert.Null(SharedFolder.File("cases/no such file"));
}
