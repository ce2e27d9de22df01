using System.Net;

namespace Ingest.Gateway.Sources;

/// <summary>Places for connections, whatever they come by, such as a pipeline's, and how many of them one address may have.</summary>
/// <param name="places">How many there are.</param>
/// <param name="placesPerAddress">How many one address may have; 0 for all.</param>
internal sealed class Admission(int places, int placesPerAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private int _taken;

    public int Places => places;

    public int PlacesPerAddress => placesPerAddress;

    /// <returns>Null when there is none left.</returns>
    public Place? TryEnter()
    {
        lock (_lock)
        {
            if (_taken == places)
                return null;
            _taken++;
            return new Place(this);
        }
    }

    private bool TryCount(IPAddress address)
    {
        lock (_lock)
        {
            var count = _perAddress.GetValueOrDefault(address);
            if (count >= placesPerAddress && placesPerAddress > 0)
                return false;
            _perAddress[address] = count + 1;
            return true;
        }
    }

    private void Leave(IPAddress? address)
    {
        lock (_lock)
        {
            _taken--;
            if (address is null)
                return;
            if (_perAddress[address] == 1)
                _perAddress.Remove(address);
            else
                _perAddress[address]--;
        }
    }

    /// <summary>One connection's place, until it is disposed of.</summary>
    internal sealed class Place(Admission admission) : IDisposable
    {
        private IPAddress? _address;
        private bool _left;

        /// <summary>Says whose place it is, once that is known.</summary>
        /// <returns>False when that address has as many as it may have.</returns>
        public bool TryBelongTo(IPAddress address)
        {
            if (!admission.TryCount(address))
                return false;
            _address = address;
            return true;
        }

        public void Dispose()
        {
            if (_left)
                return;
            _left = true;
            admission.Leave(_address);
        }
    }
}
