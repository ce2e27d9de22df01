using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Values;
using Xunit;

namespace Ingest.UnitTests.Values;

public class CastAllocationTests
{
    [Theory]
    [InlineData("text", "\"plain\"")]
    [InlineData("text", "\"esc\\u00e9aped\"")]
    [InlineData("text", "{\"b\":[1,2.5e1],\"a\":\"x\\n\"}")]
    [InlineData("integer", "42")]
    [InlineData("bigint", "\"9223372036854775807\"")]
    [InlineData("double precision", "0.1")]
    [InlineData("numeric", "12345.678")]
    [InlineData("boolean", "true")]
    [InlineData("date", "\"2018-10-01\"")]
    [InlineData("timestamptz", "\"2018-10-01T00:00:00.123Z\"")]
    [InlineData("timestamptz", "\"Mon, 06 Apr 2009 22:19:45 +0000\"")]
    [InlineData("timestamptz", "1538352000")]
    [InlineData("uuid", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"")]
    [InlineData("jsonb", "{\"a\":\"\\u0000\"}")]
    public void Values_that_are_stored_allocate_nothing(string type, string json)
    {
        var encoder = FieldEncoders.For(ColumnTypes.FromSqlName(type)!.Value, TimeUnit.Seconds);
        var bytes = Encoding.UTF8.GetBytes(json);
        using var writer = new TupleWriter();
        var repaired = 0;
        long allocated = 0;
        for (var i = 0; i < 1000; i++)
        {
            // The first rounds fill pools and run code that is not yet compiled for good.
            if (i == 500)
                allocated = GC.GetAllocatedBytesForCurrentThread();
            writer.Rewind(0);
            Assert.True(encoder.TryWrite(Cast.ToValue(bytes), writer, ref repaired, out _));
        }

        Assert.Equal(allocated, GC.GetAllocatedBytesForCurrentThread());
    }
}
